//! Names for files that are to be kept beside others of the same name.

/// `report (2).csv` for `report.csv` and 2. The folders before the name stay; an ending such as
/// `.tar.gz` is one ending.
pub(super) fn numbered(name: &str, number: usize) -> String {
    let (stem, end) = split(name);
    format!("{stem} ({number}){end}")
}

/// What every numbered name of this one begins with.
pub(super) fn numbered_prefix(name: &str) -> String {
    format!("{} (", split(name).0)
}

/// The first numbered name that nobody has.
pub(super) fn free(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut number = 2;
    loop {
        let candidate = numbered(name, number);
        if !is_taken(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

fn split(name: &str) -> (&str, &str) {
    let own = name.rfind('/').map_or(0, |slash| slash + 1);
    // A dot at the beginning hides a file, and ends no name.
    let Some(dot) = name[own..].rfind('.').filter(|dot| *dot > 0) else {
        return (name, "");
    };
    let dot = own + dot;
    let stem = &name[..dot];
    // Four bytes from the end may be inside a letter, which is then no ending.
    let before = stem.len().checked_sub(4).filter(|before| *before > own);
    let is_tar = before
        .and_then(|before| stem.get(before..))
        .is_some_and(|end| end.eq_ignore_ascii_case(".tar"));
    let dot = if is_tar { dot - 4 } else { dot };
    name.split_at(dot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_before_the_ending() {
        for (name, numbered_name) in [
            ("report.csv", "report (2).csv"),
            ("a.b/report", "a.b/report (2)"),
            ("a/.hidden", "a/.hidden (2)"),
            ("x/data.tar.gz", "x/data (2).tar.gz"),
            (".tar.gz", ".tar (2).gz"),
            ("ä.é.txt", "ä.é (2).txt"),
            ("é", "é (2)"),
        ] {
            assert_eq!(numbered(name, 2), numbered_name);
            assert!(numbered_name.starts_with(&numbered_prefix(name)));
        }
    }

    #[test]
    fn names_that_are_taken_are_passed_over() {
        let taken = ["report (2).csv", "report (3).csv"];
        assert_eq!(free("report.csv", |name| taken.contains(&name)), "report (4).csv");
    }
}
