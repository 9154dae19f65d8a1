//! The end of an upload in parts: the object it made, and whether that has the bytes that were sent.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Method;

use super::session::Standing;
use super::{Gcs, taken, written};
use crate::address::Address;
use crate::error::{CloudError, Result};
use crate::store::{Part, Store as _, Written};

impl Gcs {
    /// The last part made the object already; otherwise the session is asked to end where it is.
    /// Google is not told a checksum before it has all bytes, so what it computed is compared here.
    pub(super) async fn finish(&self, at: &Address, upload: &str, parts: &[Part], only_new: bool) -> Result<Written> {
        let resource = if let Some(last) = parts.last().filter(|last| !last.tag.is_empty()) {
            let call = self.object(Method::GET, at, "check the upload of");
            self.json(&call.query("generation", &last.tag)).await?
        } else {
            let ask = self.ask("finish the upload of", at);
            let total = parts.iter().map(|part| part.bytes).sum();
            let ended = self.session(at, upload).end(total, ask.clone()).await;
            match ended.map_err(|error| taken(error, only_new))? {
                Standing::Done(resource) => *resource,
                Standing::Waits(arrived) => {
                    return Err(ask.broke(format!("the server has only {arrived} of its {total} bytes"), None));
                }
            }
        };
        match (resource.crc32c(), combined(parts, resource.bytes())) {
            (Some(theirs), Some(ours)) if theirs != ours => Err(CloudError::Damaged {
                on: self.url(at),
                why: "the checksum (CRC32C) of what was stored is another than that of what was sent".to_owned(),
            }),
            _ => Ok(written(&resource)),
        }
    }
}

/// The CRC-32C of what parts make together; nothing where one of them is not known or has none.
fn combined(parts: &[Part], bytes: u64) -> Option<String> {
    if parts.iter().map(|part| part.bytes).sum::<u64>() != bytes {
        return None;
    }
    let mut whole = None;
    for part in parts {
        let bytes: [u8; 4] = BASE64_STANDARD.decode(&part.checksum).ok()?.try_into().ok()?;
        let sum = u64::from(u32::from_be_bytes(bytes));
        whole = Some(whole.map_or(sum, |before| {
            crc_fast::checksum_combine(crc_fast::CrcAlgorithm::Crc32Iscsi, before, sum, part.bytes)
        }));
    }
    Some(BASE64_STANDARD.encode((whole? as u32).to_be_bytes()))
}
