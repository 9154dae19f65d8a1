//! Unfinished uploads: blocks that nobody has committed.
//!
//! Azure knows no uploads, so the names of blocks say whose they are: the upload's id, a hyphen
//! and the number of the part, in Base64, all of the same length as Azure demands.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Method;

use super::{Azure, answer};
use crate::address::Address;
use crate::error::{Meaning, Result};
use crate::store::{ListRequest, PendingUpload};

/// An uncommitted block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) name: String,
    pub(super) bytes: u64,
}

impl Block {
    /// The upload and the part it belongs to, when it is one of ours.
    pub(super) fn part(&self) -> Option<(String, u32)> {
        let name = String::from_utf8(BASE64_STANDARD.decode(&self.name).ok()?).ok()?;
        let (upload, number) = name.rsplit_once('-')?;
        let is_ours = upload.starts_with('u') && number.len() == 6;
        is_ours.then_some((upload.to_owned(), number.parse().ok()?))
    }
}

/// The name of the block of a part.
pub(super) fn block_name(upload: &str, number: u32) -> String {
    BASE64_STANDARD.encode(format!("{upload}-{number:06}"))
}

impl Azure {
    /// The uncommitted blocks of a blob; none when there is neither a blob nor a block.
    pub(super) async fn blocks(&self, at: &Address) -> Result<Vec<Block>> {
        self.blocks_of(at, "uncommitted").await
    }

    /// The blocks of a blob and those that wait to become one.
    pub(super) async fn all_blocks(&self, at: &Address) -> Result<Vec<Block>> {
        self.blocks_of(at, "all").await
    }

    async fn blocks_of(&self, at: &Address, kind: &str) -> Result<Vec<Block>> {
        let action = "find the uploaded parts of";
        let ask = self.ask(action, at);
        let call = self
            .call(Method::GET, at, action)
            .query("comp", "blocklist")
            .query("blocklisttype", kind);
        let root = match self.document(call, &ask).await {
            Ok((_, root)) => root,
            Err(error) if error.meaning() == Some(Meaning::NotFound) => return Ok(vec![]),
            Err(error) => return Err(error),
        };
        let blocks = ["CommittedBlocks", "UncommittedBlocks"]
            .into_iter()
            .filter_map(|list| root.child(list))
            .flat_map(|list| list.all("Block"));
        let blocks = blocks.map(|block| Block {
            name: block.text_of("Name").to_owned(),
            bytes: block.text_of("Size").parse().unwrap_or(0),
        });
        Ok(blocks.collect())
    }

    /// The uploads to blobs that are not there yet. One that would write over a blob is not
    /// found: that would take a request for each blob of the container.
    pub(super) async fn unfinished(&self, bucket: &str, prefix: &str) -> Result<Vec<PendingUpload>> {
        let request = ListRequest {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            ..ListRequest::default()
        };
        let mut found = vec![];
        let mut token = None;
        loop {
            let page = self.page(&request, token.as_deref(), Some("uncommittedblobs")).await?;
            for object in page.objects.into_iter().filter(|object| object.bytes == 0) {
                let at = Address::new(bucket, &object.key);
                let mut uploads: BTreeMap<String, u64> = BTreeMap::new();
                for block in self.blocks(&at).await? {
                    if let Some((upload, _)) = block.part() {
                        *uploads.entry(upload).or_default() += block.bytes;
                    }
                }
                found.extend(uploads.into_iter().map(|(upload, bytes)| PendingUpload {
                    key: object.key.clone(),
                    upload,
                    started_ms: object.modified_ms,
                    bytes: Some(bytes),
                }));
            }
            token = page.token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Takes the blocks of an upload away. Azure has no request for that: an empty list of
    /// blocks is committed, which drops the others, and the empty blob deleted. That is done
    /// only where there is no blob and nobody else's block; otherwise the blocks go away when
    /// the blob is written, or within a week.
    pub(super) async fn discard(&self, at: &Address, upload: &str) -> Result<()> {
        let blocks = self.blocks(at).await?;
        let is_own = |block: &Block| block.part().is_some_and(|(of, _)| of == upload);
        if blocks.is_empty() || !blocks.iter().all(is_own) {
            return Ok(());
        }
        let empty = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList></BlockList>";
        let call = self
            .call(Method::PUT, at, "abort the upload of")
            .query("comp", "blocklist")
            .header("if-none-match", "*")?
            .body(empty.into());
        let head = match self.whole(call).await {
            Ok((head, _)) => head,
            Err(error) if matches!(error.meaning(), Some(Meaning::Conflict | Meaning::Changed)) => return Ok(()),
            Err(error) => return Err(error),
        };
        // Only the blob that was just made, and not one that somebody wrote meanwhile.
        let call = self
            .call(Method::DELETE, at, "abort the upload of")
            .header("if-match", answer::header(&head.headers, "etag"))?;
        match self.whole(call).await {
            Err(error) if !matches!(error.meaning(), Some(Meaning::NotFound | Meaning::Changed)) => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_says_whose_it_is() {
        let id = aloft_base::id::new('u');
        let block = |name: String| Block { name, bytes: 1 };
        assert_eq!(block(block_name(&id, 7)).part(), Some((id.clone(), 7)));
        assert_eq!(block_name(&id, 1).len(), block_name(&id, 50_000).len());
        for foreign in ["", "%", "AAAA", &BASE64_STANDARD.encode("block-000001")] {
            assert_eq!(block(foreign.to_owned()).part(), None, "{foreign}");
        }
    }
}
