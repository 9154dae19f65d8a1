//! Uploads in parts: `.aloft-uploads/ID/` in the bucket holds the key, the bytes of all parts at
//! their places in one file, and a small file a part that says where it is. Finishing is a rename.

use std::fs::File;
use std::io::{ErrorKind as Io, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::path::{Folder, OWN};
use super::{At, modified_ms, write};
use crate::error::{Meaning, Result};
use crate::store::{Part, PendingUpload, Written};

/// The folder of unfinished uploads.
const UPLOADS: &str = ".aloft-uploads";
/// The file that names the key.
const KEY: &str = "key";
/// The bytes.
const DATA: &str = "data";

/// A part, as its file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Piece {
    offset: u64,
    bytes: u64,
    tag: String,
}

impl Piece {
    fn overlaps(&self, other: &Self) -> bool {
        self.offset < other.offset + other.bytes && other.offset < self.offset + self.bytes
    }
}

/// An unfinished upload.
#[derive(Debug)]
pub(super) struct Upload {
    folder: PathBuf,
    path: PathBuf,
}

/// Begins an upload and answers its id.
pub(super) fn begin(folder: &Folder, key: &str) -> Result<String> {
    folder.path_of(key)?;
    let id = aloft_base::id::new('u');
    let own = folder.path.join(UPLOADS).join(&id);
    let at = At::new("begin the upload to", &folder.path.join(key));
    at.done(std::fs::create_dir_all(&own))?;
    at.done(File::create_new(own.join(DATA)))?;
    at.done(std::fs::write(own.join(KEY), key))?;
    Ok(id)
}

impl Upload {
    /// The upload with this id, to this key.
    pub(super) fn find(folder: &Folder, key: &str, id: &str) -> Result<Self> {
        let path = folder.path_of(key)?;
        let at = At::new("continue the upload to", &path);
        let own = place(folder, id).ok_or_else(|| at.refused(Meaning::NoUpload, ""))?;
        match std::fs::read_to_string(own.join(KEY)) {
            Ok(stored) if stored == key => Ok(Self { folder: own, path }),
            Ok(_) => Err(at.refused(Meaning::NoUpload, "the upload is to another key")),
            Err(error) if error.kind() == Io::NotFound => Err(at.refused(Meaning::NoUpload, "")),
            Err(error) => Err(at.failed(error)),
        }
    }

    /// Writes a part to its place; its file is there only once its bytes are on the disk.
    pub(super) fn put(&self, number: u32, offset: u64, body: &[u8]) -> Result<Part> {
        let at = At::new("write a part of", &self.path);
        let piece = Piece {
            offset,
            bytes: body.len() as u64,
            tag: format!("{:016x}", crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, body)),
        };
        let others = self.pieces()?;
        if others
            .iter()
            .any(|(other, known)| *other != number && known.overlaps(&piece))
        {
            return Err(at.refused(Meaning::Invalid, "the part lies over another one"));
        }
        let mut file = known(&at, File::options().write(true).open(self.folder.join(DATA)))?;
        at.done(file.seek(SeekFrom::Start(offset)))?;
        at.done(file.write_all(body))?;
        at.done(file.sync_data())?;
        let text = serde_json::to_string(&piece).map_err(|error| at.failed(error.into()))?;
        let unfinished = self.folder.join(format!("{number}.new"));
        known(&at, std::fs::write(&unfinished, text))?;
        known(
            &at,
            std::fs::rename(&unfinished, self.folder.join(format!("{number}.part"))),
        )?;
        Ok(part(number, &piece))
    }

    /// The parts that are there, in order.
    pub(super) fn parts(&self) -> Result<Vec<Part>> {
        Ok(self
            .pieces()?
            .iter()
            .map(|(number, piece)| part(*number, piece))
            .collect())
    }

    fn pieces(&self) -> Result<Vec<(u32, Piece)>> {
        let at = At::new("read the parts of", &self.path);
        let mut pieces = vec![];
        for entry in known(&at, std::fs::read_dir(&self.folder))? {
            let name = at.done(entry)?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".part")?.parse().ok());
            let Some(number) = number else { continue };
            let text = known(&at, std::fs::read(self.folder.join(&name)))?;
            // A file that a power cut emptied is no part.
            if let Ok(piece) = serde_json::from_slice(&text) {
                pieces.push((number, piece));
            }
        }
        pieces.sort_by_key(|(number, _)| *number);
        Ok(pieces)
    }

    /// Makes the object of its parts, which must follow each other without a gap.
    pub(super) fn finish(&self, parts: &[Part], only_new: bool) -> Result<Written> {
        let at = At::new("finish the upload to", &self.path);
        let pieces = self.pieces()?;
        let mut end = 0;
        for part in parts {
            let piece = pieces
                .iter()
                .find(|(number, piece)| *number == part.number && piece.tag == part.tag)
                .ok_or_else(|| at.refused(Meaning::Invalid, &format!("part {} is not there", part.number)))?;
            if piece.1.offset != end {
                return Err(at.refused(Meaning::Invalid, &format!("part {} leaves a gap", part.number)));
            }
            end += piece.1.bytes;
        }
        let data = self.folder.join(DATA);
        let file = known(&at, File::options().write(true).open(&data))?;
        at.done(file.set_len(end))?;
        at.done(file.sync_all())?;
        let written = write::settle(&data, &self.path, only_new)?;
        self.forget()?;
        Ok(written)
    }

    /// Removes the upload and its bytes.
    pub(super) fn forget(&self) -> Result<()> {
        let at = At::new("forget the upload to", &self.path);
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != Io::NotFound => return Err(at.failed(error)),
            _ => {}
        }
        if let Some(uploads) = self.folder.parent() {
            // Others may be in it.
            drop(std::fs::remove_dir(uploads));
        }
        Ok(())
    }
}

/// What is missing in the folder of an upload means that the upload is gone.
fn known<T>(at: &At, result: std::io::Result<T>) -> Result<T> {
    result.map_err(|error| match error.kind() {
        Io::NotFound => at.refused(Meaning::NoUpload, ""),
        _ => at.failed(error),
    })
}

fn part(number: u32, piece: &Piece) -> Part {
    Part {
        number,
        bytes: piece.bytes,
        tag: piece.tag.clone(),
        checksum: String::new(),
    }
}

/// The folder of an upload, when the id can be one of ours.
fn place(folder: &Folder, id: &str) -> Option<PathBuf> {
    let is_ours = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_ours.then(|| folder.path.join(UPLOADS).join(id))
}

/// The uploads to keys that begin so.
pub(super) fn pending(folder: &Folder, prefix: &str) -> Result<Vec<PendingUpload>> {
    debug_assert!(UPLOADS.starts_with(OWN));
    let at = At::new("find unfinished uploads in", &folder.path);
    let entries = match std::fs::read_dir(folder.path.join(UPLOADS)) {
        Err(error) if error.kind() == Io::NotFound => return Ok(vec![]),
        other => at.done(other)?,
    };
    let mut found = vec![];
    for entry in entries {
        let own: PathBuf = at.done(entry)?.path();
        let Some(id) = own.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let Ok(key) = std::fs::read_to_string(own.join(KEY)) else {
            continue;
        };
        if !key.starts_with(prefix) {
            continue;
        }
        let started_ms = own.join(KEY).metadata().ok().as_ref().and_then(modified_ms);
        let bytes = bytes_of(folder, &key, &own);
        found.push(PendingUpload {
            upload: id.to_owned(),
            key,
            started_ms,
            bytes,
        });
    }
    found.sort_by(|one, other| (&one.key, &one.upload).cmp(&(&other.key, &other.upload)));
    Ok(found)
}

fn bytes_of(folder: &Folder, key: &str, own: &Path) -> Option<u64> {
    let upload = Upload {
        folder: own.to_owned(),
        path: folder.path_of(key).ok()?,
    };
    Some(upload.pieces().ok()?.iter().map(|(_, piece)| piece.bytes).sum())
}
