//! XML as S3 writes it. Long lists are walked once; short answers are read as trees by [`crate::xml`].

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;

/// Calls `found` with the parent's name, the name and the text of every element as it ends.
/// Answers why where the text is no XML.
pub(super) fn walk(body: &[u8], mut found: impl FnMut(&[u8], &[u8], &str)) -> Result<(), String> {
    let mut reader = Reader::from_reader(body);
    // The names of the open elements, one behind the other, and where each begins.
    let mut names: Vec<u8> = Vec::with_capacity(128);
    let mut begins: Vec<usize> = Vec::with_capacity(8);
    let mut text = String::new();
    loop {
        match reader.read_event() {
            Err(error) => return Err(error.to_string()),
            Ok(Event::Eof) => break,
            Ok(Event::Start(start)) => {
                text.clear();
                begins.push(names.len());
                names.extend_from_slice(start.local_name().as_ref());
            }
            Ok(Event::Empty(empty)) => {
                let parent = begins.last().map_or(0, |begin| *begin);
                found(&names[parent..], empty.local_name().as_ref(), "");
                text.clear();
            }
            Ok(Event::End(end)) => {
                let begin = begins.pop().unwrap_or(0);
                names.truncate(begin);
                let parent = begins.last().map_or(0, |begin| *begin);
                found(&names[parent..], end.local_name().as_ref(), &text);
                text.clear();
            }
            Ok(Event::Text(piece)) => text.push_str(&String::from_utf8_lossy(&piece)),
            Ok(Event::CData(piece)) => text.push_str(&String::from_utf8_lossy(&piece)),
            Ok(Event::GeneralRef(reference)) => push_reference(&mut text, &reference),
            Ok(_) => {}
        }
    }
    if begins.is_empty() {
        Ok(())
    } else {
        Err("it ends too early".to_owned())
    }
}

/// Adds what `&#34;` or `&amp;` stands for.
fn push_reference(text: &mut String, reference: &quick_xml::events::BytesRef<'_>) {
    if let Ok(Some(letter)) = reference.resolve_char_ref() {
        text.push(letter);
    } else {
        let name = String::from_utf8_lossy(reference);
        text.push_str(quick_xml::escape::resolve_xml_entity(&name).unwrap_or_default());
    }
}

/// Writes a text so that it stands for itself in XML; nothing when XML cannot carry it.
pub(super) fn escaped(text: &str) -> Option<Cow<'_, str>> {
    let carried = |letter: char| matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    if !text.chars().all(carried) {
        return None;
    }
    if !text.contains(['<', '>', '&', '"', '\'', '\r', '\n', '\t']) {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // A reader would else make one line end of them, or a space.
            '\r' => out.push_str("&#13;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            other => out.push(other),
        }
    }
    Some(Cow::Owned(out))
}

/// Decodes what `encoding-type=url` encoded: `%41` is `A`, and `+` is a space.
pub(super) fn decoded(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced)
        .decode_utf8_lossy()
        .into_owned()
}

/// Unix milliseconds of a time as `2026-11-24T20:13:48.000Z`.
pub(super) fn time(text: &str) -> Option<i64> {
    // Lists hold a thousand of them in one form; anything else takes the long way.
    quick_time(text.as_bytes()).or_else(|| Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond()))
}

fn quick_time(text: &[u8]) -> Option<i64> {
    let digits = |range: std::ops::Range<usize>| {
        text.get(range)?.iter().try_fold(0_i64, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0'))
        })
    };
    let is = |at: usize, byte: u8| text.get(at) == Some(&byte);
    let punctuated = is(4, b'-') && is(7, b'-') && is(10, b'T') && is(13, b':') && is(16, b':');
    let millis = match text.len() {
        20 if is(19, b'Z') => 0,
        24 if is(19, b'.') && is(23, b'Z') => digits(20..23)?,
        _ => return None,
    };
    let (year, month, day) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
    if !punctuated || !(1970..10_000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 1970 in the proleptic Gregorian calendar: Hinnant, "chrono-compatible low-level date algorithms".
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted / 400;
    let year_of_era = shifted - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    let seconds = days * 86_400 + digits(11..13)? * 3_600 + digits(14..16)? * 60 + digits(17..19)?;
    Some(seconds * 1_000 + millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_is_met_with_its_parent_and_its_text() {
        let body = br#"<?xml version="1.0"?><a:R xmlns:a="x"><C><K>a&amp;b&#34;</K><Empty/></C><Z>1</Z></a:R>"#;
        let mut met = vec![];
        walk(body, |parent, name, text| {
            met.push(format!(
                "{}/{}={text}",
                String::from_utf8_lossy(parent),
                String::from_utf8_lossy(name)
            ));
        })
        .unwrap();
        assert_eq!(met, ["C/K=a&b\"", "C/Empty=", "R/C=", "R/Z=1", "/R="]);
        assert!(walk(b"<a><b>", |_, _, _| {}).is_err());
    }

    #[test]
    fn what_xml_cannot_carry_is_known() {
        assert_eq!(escaped("a<b>\r").unwrap(), "a&lt;b&gt;&#13;");
        assert!(escaped("a\u{1}").is_none());
        assert!(escaped("\u{FFFF}").is_none());
        assert_eq!(decoded("a+b%2Bc%01"), "a b+c\u{1}");
    }

    #[test]
    fn times_are_read_the_quick_way_as_the_long_way() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2000-02-29T23:59:59.999Z",
            "2026-11-24T20:13:48.120Z",
            "2100-03-01T00:00:00Z",
        ] {
            let long = text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
            assert_eq!(quick_time(text.as_bytes()), Some(long), "{text}");
        }
        assert_eq!(time("2026-11-24T20:13:48.123456Z"), Some(1_795_551_228_123));
        assert_eq!(time("yesterday"), None);
    }
}
