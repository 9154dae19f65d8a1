//! What a write comes to that is refused because something is there: its own earlier attempt may
//! have succeeded, and the answer been lost.

use crate::address::Address;
use crate::error::{CloudError, Meaning, Result};
use crate::store::{Store, Written};
use crate::transfer::is_content;

/// Takes what is there as written by us, where an attempt went unanswered and it has our bytes, by a
/// checksum that the provider tells; else it is the refusal that it looks like.
pub(crate) async fn settle(store: &dyn Store, at: &Address, body: &[u8], error: CloudError) -> Result<Written> {
    let is_doubtful = matches!(
        &error,
        CloudError::Refused(refusal) if refusal.meaning == Meaning::Conflict && refusal.is_repeated
    );
    if !is_doubtful {
        return Err(error);
    }
    match store.details(at, None).await {
        Ok(details) if is_content(body, details.bytes, &details.checksums, &details.etag) => Ok(Written {
            etag: details.etag,
            version: details.version,
        }),
        // Why it could not be looked at says less than why it was not written.
        _ => Err(error),
    }
}
