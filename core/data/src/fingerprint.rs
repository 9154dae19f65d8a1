//! The identity of a file's content.

use std::fs::File;
use std::path::Path;

use crate::error::{DataError, Result};
use crate::remote;
use crate::source::Source;

/// The BLAKE3 hash of a file's content, as 64 hexadecimal digits.
///
/// # Errors
/// When the file is not there or cannot be read.
pub fn fingerprint(path: &Path) -> Result<String> {
    let file = File::open(path).map_err(DataError::io("read", path))?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).map_err(DataError::io("read", path))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// The identity of a source's content. Of files that are read where they are it follows from
/// their addresses, sizes and `ETag`s; of files of this machine, from all of their bytes.
///
/// # Errors
/// As [`fingerprint`], and when the bucket cannot be reached.
pub fn source_fingerprint(source: &Source) -> Result<String> {
    let Some(parts) = remote::parts(source)? else {
        return fingerprint(&source.path);
    };
    if source.remote.is_some() {
        return Ok(parts.hash().to_hex().to_string());
    }
    let mut hasher = blake3::Hasher::new();
    for part in &parts.objects {
        // Folders are columns, so their names are content.
        hasher.update(part.url.get(parts.folder_bytes..).unwrap_or_default().as_bytes());
        hasher.update(fingerprint(Path::new(&part.url))?.as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_hash_of_the_content_and_not_of_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&a, b"").unwrap();
        // The BLAKE3 hash of nothing, from its authors' test vectors.
        let nothing = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(fingerprint(&a).unwrap(), nothing);
        std::fs::write(&a, b"a,b\n1,2\n").unwrap();
        std::fs::write(&b, b"a,b\n1,2\n").unwrap();
        assert_eq!(fingerprint(&a).unwrap(), fingerprint(&b).unwrap());
        assert_ne!(fingerprint(&a).unwrap(), nothing);
    }

    #[test]
    fn a_missing_file_and_a_folder_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let missing = fingerprint(&folder.path().join("none")).unwrap_err();
        assert!(matches!(missing, DataError::NoFile { .. }), "{missing}");
        let directory = fingerprint(folder.path()).unwrap_err();
        assert!(matches!(directory, DataError::Folder { .. }), "{directory}");
    }
}
