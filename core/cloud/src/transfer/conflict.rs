//! What happens to a file, by what is there already.

use super::checksum::is_md5;
use super::{Conflict, Verb};

/// What is known of a file without reading it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) bytes: u64,
    pub(super) modified_ms: Option<i64>,
    /// Empty for a file of this machine.
    pub(super) etag: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Move,
    /// It is to be left as it is, which is worth telling.
    Skip,
    /// It is the same already, which is not.
    Unchanged,
    /// It moves to a name of its own.
    Rename,
}

/// Whether anything there changes what happens.
pub(super) fn matters(verb: Verb, conflict: Conflict) -> bool {
    match verb {
        Verb::Delete => false,
        Verb::Sync => true,
        Verb::Copy | Verb::Move => conflict != Conflict::Replace,
    }
}

pub(super) fn decide(verb: Verb, conflict: Conflict, source: &Facts, there: Option<&Facts>) -> Decision {
    let Some(there) = there else { return Decision::Move };
    if verb == Verb::Sync {
        return if is_same(source, there) {
            Decision::Unchanged
        } else {
            Decision::Move
        };
    }
    match conflict {
        Conflict::Replace => Decision::Move,
        Conflict::Skip => Decision::Skip,
        Conflict::KeepBoth => Decision::Rename,
        Conflict::Newer => match (source.modified_ms, there.modified_ms) {
            (Some(source), Some(there)) if source <= there => Decision::Skip,
            _ => Decision::Move,
        },
    }
}

/// The same size; and the same MD5 where both tell theirs, else not newer.
fn is_same(source: &Facts, there: &Facts) -> bool {
    if source.bytes != there.bytes {
        return false;
    }
    if is_md5(&source.etag) && is_md5(&there.etag) && source.etag == there.etag {
        return true;
    }
    match (source.modified_ms, there.modified_ms) {
        // Providers that tell whole seconds are not older for it.
        (Some(source), Some(there)) => source / 1000 <= there / 1000,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(bytes: u64, modified_ms: i64) -> Facts {
        Facts {
            bytes,
            modified_ms: Some(modified_ms),
            etag: String::new(),
        }
    }

    #[test]
    fn each_policy_does_what_it_says() {
        let (old, new) = (facts(5, 1_000), facts(5, 9_000));
        let copy = |conflict, source, there| decide(Verb::Copy, conflict, source, there);
        for conflict in [Conflict::Replace, Conflict::Skip, Conflict::KeepBoth, Conflict::Newer] {
            assert_eq!(copy(conflict, &new, None), Decision::Move);
        }
        assert_eq!(copy(Conflict::Replace, &old, Some(&new)), Decision::Move);
        assert_eq!(copy(Conflict::Skip, &new, Some(&old)), Decision::Skip);
        assert_eq!(copy(Conflict::KeepBoth, &new, Some(&old)), Decision::Rename);
        assert_eq!(copy(Conflict::Newer, &new, Some(&old)), Decision::Move);
        assert_eq!(copy(Conflict::Newer, &old, Some(&new)), Decision::Skip);
    }

    #[test]
    fn a_sync_moves_what_is_new_or_other() {
        let sync = |source: &Facts, there: &Facts| decide(Verb::Sync, Conflict::Replace, source, Some(there));
        assert_eq!(sync(&facts(5, 1_000), &facts(5, 9_000)), Decision::Unchanged);
        assert_eq!(sync(&facts(5, 1_900), &facts(5, 1_000)), Decision::Unchanged);
        assert_eq!(sync(&facts(6, 1_000), &facts(5, 9_000)), Decision::Move);
        assert_eq!(sync(&facts(5, 9_000), &facts(5, 1_000)), Decision::Move);
        let tagged = Facts {
            etag: "900150983cd24fb0d6963f7d28e17f72".into(),
            ..facts(5, 9_000)
        };
        let same = Facts {
            modified_ms: Some(1_000),
            ..tagged.clone()
        };
        assert_eq!(sync(&tagged, &same), Decision::Unchanged);
    }
}
