//! Pictures: what they are and how large, from their first bytes.

use super::range::Counted;
use super::{ImageFormat, ImagePreview};
use crate::error::Result;

/// Pictures with more bytes are not shown.
const MOST_BYTES: u64 = 8 << 20;

/// A PNG or JPEG picture; nothing when it is none.
pub(super) fn preview(head: &[u8], source: &mut Counted<'_>, notes: &mut Vec<String>) -> Result<Option<ImagePreview>> {
    let Some((format, (width, height))) = png(head)
        .map(|size| (ImageFormat::Png, size))
        .or_else(|| jpeg(head).map(|size| (ImageFormat::Jpeg, size)))
    else {
        return Ok(None);
    };
    let bytes = if source.bytes() <= MOST_BYTES {
        let mut bytes = head.to_vec();
        bytes.extend(source.read(head.len() as u64..source.bytes())?);
        bytes
    } else {
        notes.push("The picture is larger than 8 MB and is not shown here.".to_owned());
        vec![]
    };
    Ok(Some(ImagePreview {
        format,
        width,
        height,
        bytes,
    }))
}

/// Width and height of a PNG picture, which its first chunk says.
fn png(head: &[u8]) -> Option<(u32, u32)> {
    let rest = head.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    if rest.get(4..8)? != b"IHDR" {
        return None;
    }
    let number = |at: usize| Some(u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?));
    Some((number(8)?, number(12)?))
}

/// Width and height of a JPEG picture, which the segment that begins the frame says.
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    if !head.starts_with(&[0xff, 0xd8, 0xff]) {
        return None;
    }
    let mut at = 2;
    loop {
        while *head.get(at)? == 0xff {
            at += 1;
        }
        let marker = head[at];
        let number = |at: usize| Some(u32::from(u16::from_be_bytes(head.get(at..at + 2)?.try_into().ok()?)));
        let length = number(at + 1)? as usize;
        // SOF0 to SOF15, without DHT, JPG and DAC (ITU-T T.81, table B.1).
        if (0xc0..=0xcf).contains(&marker) && ![0xc4, 0xc8, 0xcc].contains(&marker) {
            return Some((number(at + 6)?, number(at + 4)?));
        }
        at += 1 + length.max(2);
        if *head.get(at)? != 0xff {
            return None;
        }
    }
}
