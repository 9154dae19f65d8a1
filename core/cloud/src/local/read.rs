//! Reading a file as a stream, and noticing when it changes meanwhile.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::stream;

use super::path::Folder;
use super::{At, etag, modified_ms, off};
use crate::error::{CloudError, Meaning, Result};
use crate::store::{Download, GetOptions};

/// Bytes read at once.
const CHUNK: u64 = 512 << 10;

/// Opens a file, or a range of it.
pub(super) fn open(folder: &Folder, key: &str, options: &GetOptions) -> Result<Download> {
    let (path, looked) = folder.look(key, "read")?;
    let at = At::new("read", &path);
    if looked.is_dir() {
        return Ok(download(0, etag(&looked), modified_ms(&looked), None));
    }
    let mut file = at.done(File::open(&path))?;
    let metadata = at.done(file.metadata())?;
    let (total, tag) = (metadata.len(), etag(&metadata));
    if options.if_match.as_ref().is_some_and(|wanted| *wanted != tag) {
        return Err(at.refused(Meaning::Changed, ""));
    }
    let range = options.range.clone().unwrap_or(0..total);
    let range = range.start..range.end.min(total);
    if range.start > range.end || (options.range.is_some() && range.start == total) {
        return Err(at.refused(Meaning::Invalid, &format!("the range begins after its {total} bytes")));
    }
    at.done(file.seek(SeekFrom::Start(range.start)))?;
    let modified = modified_ms(&metadata);
    let reader = Reader {
        file,
        path,
        tag: tag.clone(),
        left: range.end - range.start,
    };
    Ok(download(total, tag, modified, Some(reader)))
}

fn download(total_bytes: u64, etag: String, modified_ms: Option<i64>, reader: Option<Reader>) -> Download {
    Download {
        total_bytes,
        etag,
        modified_ms,
        checksums: vec![],
        body: Box::pin(stream::try_unfold(reader, |reader| async move {
            match reader {
                None => Ok(None),
                Some(reader) => off(move || reader.next()).await,
            }
        })),
    }
}

/// An open file and what is still to be read of it.
#[derive(Debug)]
struct Reader {
    file: File,
    path: PathBuf,
    tag: String,
    left: u64,
}

impl Reader {
    fn next(mut self) -> Result<Option<(Bytes, Option<Self>)>> {
        let at = At::new("read", &self.path);
        let mut chunk = Vec::with_capacity(self.left.min(CHUNK) as usize);
        at.done(self.file.by_ref().take(self.left.min(CHUNK)).read_to_end(&mut chunk))?;
        self.left -= chunk.len() as u64;
        let ended = chunk.is_empty() && self.left > 0;
        if self.left == 0 || ended {
            // Somebody who wrote into the file meanwhile left a mixture.
            let now = at.done(self.file.metadata())?;
            if ended || etag(&now) != self.tag {
                return Err(CloudError::SourceChanged {
                    on: self.path.display().to_string(),
                });
            }
        }
        if chunk.is_empty() {
            return Ok(None);
        }
        let rest = (self.left > 0).then_some(self);
        Ok(Some((Bytes::from(chunk), rest)))
    }
}
