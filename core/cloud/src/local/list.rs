//! Listing keys in order, a page at a time.
//!
//! A list is a walk: the folders on the way to the last key, each with the names that are still
//! to come. Pages go on where the walk stands; when that is forgotten, the token, which is the
//! last key, leads back to the place.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::path::{Folder, OWN};
use super::{At, etag, modified_ms};
use crate::error::{Meaning, Result};
use crate::store::{ListPage, ListRequest, Object};

/// Keys of a page when the request does not say.
const PAGE: u32 = 10_000;
/// Walks that are remembered.
const WALKS: usize = 4;

/// Lists that were begun and may go on.
#[derive(Debug, Default)]
pub(super) struct Walks(Mutex<VecDeque<(ListRequest, Walk)>>);

/// Where a list stands.
#[derive(Debug)]
struct Walk {
    stack: Vec<Level>,
}

/// A folder of which a part has been listed.
#[derive(Debug)]
struct Level {
    path: PathBuf,
    /// The key of the folder, with its trailing `/`; empty for the bucket.
    key: String,
    /// Names to come, the last one first; those of folders end in `/`, so that they sort as keys do.
    names: Vec<String>,
}

impl Walks {
    /// The next page of a list.
    pub(super) fn page(&self, folder: &Folder, request: &ListRequest) -> Result<ListPage> {
        let mut walk = match self.take(request) {
            Some(walk) => walk,
            None => Walk::begin(folder, request)?,
        };
        let limit = request.limit.unwrap_or(PAGE).max(1) as usize;
        let page = walk.page(folder, request, limit)?;
        if let Some(token) = &page.token {
            let mut walks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if walks.len() == WALKS {
                walks.pop_front();
            }
            walks.push_back((following(request, token), walk));
        }
        Ok(page)
    }

    /// The walk that stands where this request goes on.
    fn take(&self, request: &ListRequest) -> Option<Walk> {
        let token = request.token.as_ref()?;
        let key = following(request, token);
        let mut walks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = walks.iter().position(|(known, _)| *known == key)?;
        walks.remove(place).map(|(_, walk)| walk)
    }
}

/// The request for what comes after a token, without what may differ from page to page.
fn following(request: &ListRequest, token: &str) -> ListRequest {
    ListRequest {
        bucket: request.bucket.clone(),
        prefix: request.prefix.clone(),
        grouped: request.grouped,
        token: Some(token.to_owned()),
        start_after: None,
        limit: None,
    }
}

impl Walk {
    /// The walk of a request, after its token or start.
    fn begin(folder: &Folder, request: &ListRequest) -> Result<Self> {
        let after = request
            .token
            .as_deref()
            .or(request.start_after.as_deref())
            .unwrap_or("");
        let mut walk = Self { stack: vec![] };
        let (base, begins) = match request.prefix.rfind('/') {
            Some(slash) => request.prefix.split_at(slash + 1),
            None => ("", request.prefix.as_str()),
        };
        let path = if base.is_empty() {
            folder.path.clone()
        } else {
            // A prefix that no path can have is one that no key has.
            match folder.path_of(base) {
                Ok(path) if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) => path,
                _ => return Ok(walk),
            }
        };
        if let Some(level) = Level::read(path, base.to_owned(), begins, after)? {
            walk.stack.push(level);
        }
        if !request.grouped {
            walk.descend(after)?;
        }
        Ok(walk)
    }

    /// Enters the folders on the way to a key that was listed before.
    fn descend(&mut self, after: &str) -> Result<()> {
        while let Some(level) = self.stack.last_mut() {
            let Some(next) = level.names.last() else { return Ok(()) };
            let key = format!("{}{next}", level.key);
            if !next.ends_with('/') || !after.starts_with(&key) {
                return Ok(());
            }
            let path = level.path.join(next.trim_end_matches('/'));
            level.names.pop();
            match Level::read(path, key, "", after)? {
                Some(level) => self.stack.push(level),
                None => return Ok(()),
            }
        }
        Ok(())
    }

    fn page(&mut self, folder: &Folder, request: &ListRequest, limit: usize) -> Result<ListPage> {
        let mut page = ListPage::default();
        let mut last = None;
        while let Some(level) = self.stack.last_mut() {
            let Some(name) = level.names.last() else {
                self.stack.pop();
                continue;
            };
            if page.prefixes.len() + page.objects.len() == limit {
                page.token = last;
                break;
            }
            let key = format!("{}{name}", level.key);
            let path = level.path.join(name.trim_end_matches('/'));
            let is_group = name.ends_with('/');
            // An empty name is the folder itself, which has nothing in it.
            let is_marker = name.is_empty();
            level.names.pop();
            if is_group && !is_marker {
                if request.grouped {
                    page.prefixes.push(key.clone());
                    last = Some(key);
                } else if let Some(level) = Level::read(path, key, "", "")? {
                    self.stack.push(level);
                }
                continue;
            }
            // What went away meanwhile is not there.
            let Ok(mut metadata) = path.symlink_metadata() else {
                continue;
            };
            if metadata.is_symlink() {
                match folder.through_link(&path) {
                    Some(target) => metadata = target,
                    None => continue,
                }
            }
            if metadata.is_file() || (is_marker && metadata.is_dir()) {
                page.objects.push(Object {
                    bytes: if is_marker { 0 } else { metadata.len() },
                    modified_ms: modified_ms(&metadata),
                    etag: etag(&metadata),
                    storage_class: String::new(),
                    key: key.clone(),
                });
                last = Some(key);
            }
        }
        Ok(page)
    }
}

impl Level {
    /// The names of a folder that begin so and come after a key. A folder with nothing in it has
    /// one name, the empty one: its own key. Nothing when the folder went away.
    ///
    /// Names that are no UTF-8 are left out: no key can name them. So is what is Aloft's own.
    fn read(path: PathBuf, key: String, begins: &str, after: &str) -> Result<Option<Self>> {
        let at = At::new("list", &path);
        let entries = match std::fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) => {
                let error = at.failed(error);
                return match error.meaning() {
                    Some(Meaning::NotFound) => Ok(None),
                    _ => Err(error),
                };
            }
        };
        let mut names = vec![];
        let mut is_empty = true;
        for entry in entries {
            let entry = at.done(entry)?;
            let Ok(mut name) = entry.file_name().into_string() else {
                is_empty = false;
                continue;
            };
            if name.starts_with(OWN) {
                continue;
            }
            is_empty = false;
            if !name.starts_with(begins) {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                name.push('/');
            }
            let is_after = after.strip_prefix(key.as_str()).map_or(key.as_str() > after, |rest| {
                name.as_str() > rest || (name.ends_with('/') && rest.len() > name.len() && rest.starts_with(&name))
            });
            if is_after {
                names.push(name);
            }
        }
        if is_empty && !key.is_empty() && begins.is_empty() && key.as_str() > after {
            names.push(String::new());
        }
        names.sort_unstable_by(|one, other| other.cmp(one));
        Ok(Some(Self { path, key, names }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(walks: &Walks, folder: &Folder, prefix: &str, grouped: bool, limit: u32, forget: bool) -> Vec<String> {
        let mut request = ListRequest {
            bucket: "b".into(),
            prefix: prefix.into(),
            grouped,
            limit: Some(limit),
            ..ListRequest::default()
        };
        let mut all = vec![];
        loop {
            let page = if forget {
                Walks::default().page(folder, &request).unwrap()
            } else {
                walks.page(folder, &request).unwrap()
            };
            assert!(page.prefixes.len() + page.objects.len() <= limit as usize);
            let mut keys: Vec<_> = page
                .objects
                .into_iter()
                .map(|object| object.key)
                .chain(page.prefixes)
                .collect();
            keys.sort();
            all.extend(keys);
            match page.token {
                Some(token) => request.token = Some(token),
                None => return all,
            }
        }
    }

    #[test]
    fn pages_follow_the_order_of_keys_also_when_the_walk_is_forgotten() {
        let root = tempfile::tempdir().unwrap();
        let bucket = root.path().join("b");
        let keys = ["a!", "a.txt", "a/1", "a/b/2", "a/b0", "a0", "b/c/d/e", "z"];
        for key in keys {
            let path = bucket.join(key);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, key).unwrap();
        }
        std::fs::create_dir_all(bucket.join("empty/folder")).unwrap();
        std::fs::create_dir_all(bucket.join(".aloft-uploads/x")).unwrap();
        std::fs::write(bucket.join("a/.aloft-1.part"), "").unwrap();
        let folder = Folder::of(root.path(), "b", "list").unwrap();
        let walks = Walks::default();
        let mut flat: Vec<String> = keys.iter().map(ToString::to_string).collect();
        flat.push("empty/folder/".into());
        flat.sort();
        for limit in 1..10 {
            for forget in [false, true] {
                assert_eq!(
                    listed(&walks, &folder, "", false, limit, forget),
                    flat,
                    "{limit} {forget}"
                );
                let groups = listed(&walks, &folder, "", true, limit, forget);
                assert_eq!(
                    groups,
                    ["a!", "a.txt", "a/", "a0", "b/", "empty/", "z"],
                    "{limit} {forget}"
                );
            }
        }
        assert_eq!(listed(&walks, &folder, "a/b", true, 9, false), ["a/b/", "a/b0"]);
        assert_eq!(listed(&walks, &folder, "a/b", false, 9, false), ["a/b/2", "a/b0"]);
        assert_eq!(
            listed(&walks, &folder, "empty/folder/", true, 9, false),
            ["empty/folder/"]
        );
        assert!(listed(&walks, &folder, "../", false, 9, false).is_empty());
        assert!(listed(&walks, &folder, "a//", false, 9, false).is_empty());
        for (index, after) in flat.iter().enumerate() {
            let request = ListRequest {
                start_after: Some(after.clone()),
                ..ListRequest::default()
            };
            let page = walks.page(&folder, &request).unwrap();
            let rest: Vec<_> = page.objects.into_iter().map(|object| object.key).collect();
            assert_eq!(rest, flat[index + 1..], "{after}");
        }
    }
}
