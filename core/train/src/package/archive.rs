//! A package as one file: a compressed tar archive of one folder.
//!
//! An archive comes from anywhere. Nothing in it decides where something is written, how
//! much, or what counts: names are plain, sizes are bounded, and the folder appears only
//! once its hashes agree, the model loads, and it answers its example.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Component, Path};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use tar::{Archive, Builder, EntryType, Header};

use super::manifest::{is_plain_name, names};
use super::{PackageSummary, fresh_part, refuse_existing, settle, verify};
use crate::error::{Result, TrainError};

/// The folder inside the archive.
const FOLDER: &str = "model";
/// A package of more files is none of ours.
const MOST_FILES: usize = 32;
/// All files together, unpacked.
const MOST_BYTES: u64 = 1 << 30;

/// Writes a package as one `.tar.gz`, whole or not at all. The same package gives the same bytes.
///
/// # Errors
/// When the package is damaged, or the file cannot be written.
pub fn export(folder: &Path, out_file: &Path) -> Result<()> {
    verify(folder)?;
    let names = names(folder)?;
    aloft_base::fs::write_atomic_with(out_file, |file| {
        let mut builder = Builder::new(GzEncoder::new(std::io::BufWriter::new(file), Compression::default()));
        for name in &names {
            let content = std::fs::read(folder.join(name))?;
            let mut header = Header::new_gnu();
            header.set_entry_type(EntryType::Regular);
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, format!("{FOLDER}/{name}"), content.as_slice())?;
        }
        builder.into_inner()?.finish()?.flush()
    })?;
    Ok(())
}

/// Takes a package out of an archive into a new folder, which is whole or not there.
///
/// # Errors
/// When the destination is already there, the archive is no package, or the package is damaged.
pub fn import(file: &Path, destination: &Path) -> Result<PackageSummary> {
    refuse_existing(destination)?;
    let damaged = |what: String| TrainError::package(file, what);
    let input = File::open(file).map_err(aloft_base::Error::io("read", file))?;
    let part = fresh_part(destination)?;
    let unreadable = |error: std::io::Error| damaged(format!("it is not a readable .tar.gz: {error}"));
    // No more is unpacked than may be there, whatever the headers say.
    let mut archive = Archive::new(GzDecoder::new(std::io::BufReader::new(input)).take(MOST_BYTES + (1 << 20)));
    let (mut count, mut total) = (0, 0_u64);
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let path = entry.path().map_err(unreadable)?.into_owned();
        let shown = path.display().to_string();
        let kind = entry.header().entry_type();
        if kind == EntryType::Directory && path == Path::new(FOLDER) {
            continue;
        }
        if !matches!(kind, EntryType::Regular | EntryType::Continuous) {
            return Err(damaged(format!("'{shown}' in it is no regular file")));
        }
        let Some(name) = name_of(&path) else {
            return Err(damaged(format!("'{shown}' in it is no place in a package")));
        };
        (count, total) = (count + 1, total.saturating_add(entry.size()));
        if count > MOST_FILES || total > MOST_BYTES {
            return Err(damaged("it holds more than a package may".to_owned()));
        }
        let target = part.0.join(name);
        if target.exists() {
            return Err(damaged(format!("'{shown}' is in it twice")));
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(unreadable)?;
        aloft_base::fs::write_atomic(&target, &content)?;
    }
    // To the end, where the checksum of the compression is.
    std::io::copy(&mut archive.into_inner(), &mut std::io::sink()).map_err(unreadable)?;
    settle(&part, destination).map_err(|error| match error {
        // The part has no name that anybody knows.
        TrainError::Package { what, .. } | TrainError::Model { what, .. } => damaged(what),
        other => other,
    })
}

/// The name of a file of the package: a plain one in the one folder.
fn name_of(path: &Path) -> Option<&str> {
    let mut parts = path.components();
    let (Some(Component::Normal(folder)), Some(Component::Normal(name)), None) =
        (parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    name.to_str().filter(|name| folder == FOLDER && is_plain_name(name))
}
