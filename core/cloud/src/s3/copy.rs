//! Copies that the server makes by itself.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::Method;

use super::call::Call;
use super::list::{bare, taken};
use super::object::{add_encryption, add_metadata, version_of};
use super::{S3, sign, url_of};
use crate::address::Address;
use crate::error::{CloudError, Meaning, Refusal, Result};
use crate::http::Ask;
use crate::media_type;
use crate::store::{Part, PutOptions, Written};
use crate::xml::Element;

/// The largest object that is copied in one request.
pub(super) const WHOLE_MAX: u64 = 5 << 30;
/// Bytes of a part of a larger one.
const PART: u64 = 1 << 30;
/// Parts being copied at once.
const AT_ONCE: usize = 4;

impl S3 {
    pub(super) async fn copy_object(
        &self,
        from: &Address,
        to: &Address,
        bytes: u64,
        options: &PutOptions,
    ) -> Result<Written> {
        // Amazon takes the condition with the copy itself; elsewhere it may be passed over in silence.
        if options.only_new && !self.client.is_amazon() {
            self.refuse_taken(to).await?;
        }
        if bytes > WHOLE_MAX {
            return self.copy_in_parts(from, to, bytes, PART, options).await;
        }
        let ask = Ask::new(format!("copy {} to", url_of(from)), url_of(to));
        let mut call = Call::new(Method::PUT, &to.bucket, &to.key, &[]);
        call.header("x-amz-copy-source", &source_of(from))?;
        add_encryption(&mut call, &options.encryption)?;
        if options.only_new {
            call.header("if-none-match", "*")?;
        }
        if !options.content_type.is_empty() || !options.metadata.is_empty() {
            call.header("x-amz-metadata-directive", "REPLACE")?;
            add_metadata(&mut call, &options.metadata)?;
            let kind = if options.content_type.is_empty() {
                media_type::of_key(&to.key)
            } else {
                &options.content_type
            };
            call.header("content-type", kind)?;
        }
        let answer = self.patiently(&ask, &call).await;
        let (parts, body) = answer.map_err(|error| taken(error, options.only_new))?;
        let result = Element::parse(&body).map_err(|why| ask.odd(why))?;
        Ok(Written {
            etag: bare(result.text_of("ETag")).to_owned(),
            version: version_of(&parts.headers),
        })
    }

    async fn refuse_taken(&self, at: &Address) -> Result<()> {
        match self.glance(at, None).await {
            Ok(_) => Err(CloudError::Refused(Box::new(Refusal {
                meaning: Meaning::Conflict,
                action: "write".to_owned(),
                on: url_of(at),
                status: 412,
                code: "PreconditionFailed".to_owned(),
                message: String::new(),
                retry_after: None,
                region: None,
                is_repeated: false,
            }))),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Copies a range after the other into an upload in parts, and makes the object of them.
    pub(super) async fn copy_in_parts(
        &self,
        from: &Address,
        to: &Address,
        bytes: u64,
        part_bytes: u64,
        options: &PutOptions,
    ) -> Result<Written> {
        // An upload in parts takes over nothing of its source by itself.
        let source = self.glance(from, None).await?;
        if source.bytes != bytes {
            return Err(CloudError::SourceChanged { on: url_of(from) });
        }
        let mut options = options.clone();
        if options.content_type.is_empty() {
            options.content_type = source.content_type;
        }
        if options.metadata.is_empty() {
            options.metadata = source.metadata;
        }
        let upload = self.begin(to, &options).await?;
        let ranges = (0..bytes.div_ceil(part_bytes)).map(|index| {
            let start = index * part_bytes;
            (index as u32 + 1, start, (start + part_bytes).min(bytes))
        });
        let etag = source.etag.as_str();
        let copies = stream::iter(ranges)
            .map(|(number, start, end)| self.copy_part(from, etag, to, &upload, number, start..end));
        let copied: Result<Vec<Part>> = copies.buffered(AT_ONCE).try_collect().await;
        let made = match copied {
            Ok(parts) => self.finish(to, &upload, &parts, &options).await,
            Err(error) => Err(error),
        };
        if made.is_err() {
            // What was copied is billed until it is forgotten; the first error is the one to tell.
            drop(self.forget(to, &upload).await);
        }
        made
    }

    async fn copy_part(
        &self,
        from: &Address,
        etag: &str,
        to: &Address,
        upload: &str,
        number: u32,
        range: std::ops::Range<u64>,
    ) -> Result<Part> {
        let ask = Ask::new(format!("copy part {number} of {} to", url_of(from)), url_of(to));
        let number_text = number.to_string();
        let query = [("partNumber", number_text.as_str()), ("uploadId", upload)];
        let mut call = Call::new(Method::PUT, &to.bucket, &to.key, &query);
        call.header("x-amz-copy-source", &source_of(from))?;
        call.header("x-amz-copy-source-if-match", &format!("\"{etag}\""))?;
        call.header(
            "x-amz-copy-source-range",
            &format!("bytes={}-{}", range.start, range.end - 1),
        )?;
        let (_, body) = self.patiently(&ask, &call).await?;
        let result = Element::parse(&body).map_err(|why| ask.odd(why))?;
        Ok(Part {
            number,
            bytes: range.end - range.start,
            tag: bare(result.text_of("ETag")).to_owned(),
            checksum: result.text_of("ChecksumCRC64NVME").to_owned(),
        })
    }
}

/// A source as the header wants it: encoded, from the bucket on.
fn source_of(from: &Address) -> String {
    let mut source = String::with_capacity(from.bucket.len() + from.key.len() + 16);
    source.push('/');
    sign::encode(&mut source, &from.bucket, false);
    source.push('/');
    sign::encode(&mut source, &from.key, true);
    source
}
