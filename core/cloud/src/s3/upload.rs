//! Uploads in parts.

use bytes::Bytes;
use http::{Method, StatusCode};

use super::call::Call;
use super::checks::{self, CRC};
use super::list::{bare, taken};
use super::object::{add_options, version_of, written};
use super::xml::escaped;
use super::{S3, refuse, sign, url_of};
use crate::address::Address;
use crate::error::{CloudError, Meaning, Result};
use crate::http::{Ask, Patience};
use crate::store::{ObjectDetails, Part, PutOptions, Written};
use crate::xml::Element;

/// Most pages of parts: there are at most ten, but a server may give fewer a page.
const PAGES_MAX: usize = 10_000;

impl S3 {
    pub(super) async fn begin(&self, at: &Address, options: &PutOptions) -> Result<String> {
        let ask = Ask::new("begin the upload of", url_of(at));
        loop {
            let mut call = Call::new(Method::POST, &at.bucket, &at.key, &[("uploads", "")]);
            add_options(&mut call, &at.key, options)?;
            if !self.checks.are_refused() {
                // One checksum over the whole object, whatever its parts were.
                call.header("x-amz-checksum-algorithm", "CRC64NVME")?;
                call.header("x-amz-checksum-type", "FULL_OBJECT")?;
            }
            let body = match self.client.whole(&ask, &call).await {
                Ok((_, body)) => body,
                Err(error) if self.checks.act_on(&error) => continue,
                Err(error) => return Err(error),
            };
            let answer = Element::parse(&body).map_err(|why| ask.odd(why))?;
            let upload = answer.text_of("UploadId");
            if upload.is_empty() {
                return Err(ask.odd("it holds no id of the upload"));
            }
            return Ok(upload.to_owned());
        }
    }

    pub(super) async fn send_part(&self, at: &Address, upload: &str, number: u32, body: Bytes) -> Result<Part> {
        let ask = Ask::new(format!("upload part {number} of"), url_of(at));
        let number_text = number.to_string();
        let query = [("partNumber", number_text.as_str()), ("uploadId", upload)];
        let bytes = body.len() as u64;
        loop {
            let mut call = Call::new(Method::PUT, &at.bucket, &at.key, &query);
            let checksum = self.checks.protect(&self.client, &mut call, body.clone())?;
            match self.client.whole(&ask, &call).await {
                Ok((parts, _)) => {
                    self.checks.learn(&checksum, &parts.headers);
                    let tag = written(&parts.headers).etag;
                    if tag.is_empty() {
                        return Err(ask.odd("it holds no tag of the part"));
                    }
                    return Ok(Part {
                        number,
                        bytes,
                        tag,
                        checksum,
                    });
                }
                Err(error) if self.checks.act_on(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) async fn list_parts(&self, at: &Address, upload: &str) -> Result<Vec<Part>> {
        let ask = Ask::new("list the parts of", url_of(at));
        let mut parts: Vec<Part> = vec![];
        let mut marker = String::new();
        for _ in 0..PAGES_MAX {
            let mut query = vec![];
            if !marker.is_empty() {
                query.push(("part-number-marker", marker.as_str()));
            }
            query.push(("uploadId", upload));
            let call = Call::new(Method::GET, &at.bucket, &at.key, &query);
            let (_, body) = match self.client.whole(&ask, &call).await {
                Ok(answer) => answer,
                Err(error) => return Err(unknown_upload(error)),
            };
            let page = Element::parse(&body).map_err(|why| ask.odd(why))?;
            for part in page.all("Part") {
                let number = part.text_of("PartNumber").parse();
                parts.push(Part {
                    number: number.map_err(|_no_number| ask.odd("a part of it has no number"))?,
                    bytes: part.text_of("Size").parse().unwrap_or(0),
                    tag: bare(part.text_of("ETag")).to_owned(),
                    checksum: part.text_of("ChecksumCRC64NVME").to_owned(),
                });
            }
            let next = page.text_of("NextPartNumberMarker");
            if page.text_of("IsTruncated") != "true" || next.is_empty() || next == marker {
                break;
            }
            next.clone_into(&mut marker);
        }
        parts.sort_by_key(|part| part.number);
        Ok(parts)
    }

    pub(super) async fn finish(
        &self,
        at: &Address,
        upload: &str,
        parts: &[Part],
        options: &PutOptions,
    ) -> Result<Written> {
        let ask = Ask::new("finish the upload of", url_of(at));
        // With every part's checksum that of the whole is known, and the server compares.
        let whole = if self.checks.are_refused() {
            None
        } else {
            checks::combined(parts.iter().map(|part| (part.checksum.as_str(), part.bytes)))
        };
        let mut call = Call::new(Method::POST, &at.bucket, &at.key, &[("uploadId", upload)]);
        call.header("content-type", "application/xml")?;
        if let Some(checksum) = &whole {
            call.header(CRC, checksum)?;
            call.header("x-amz-checksum-type", "FULL_OBJECT")?;
        }
        if options.only_new {
            call.header("if-none-match", "*")?;
        }
        let body = order(parts, whole.is_some());
        call.payload = sign::hash(body.as_bytes());
        call.body = body.into();
        let error = match self.patiently(&ask, &call).await {
            Ok((parts, body)) => {
                let answer = Element::parse(&body).map_err(|why| ask.odd(why))?;
                return Ok(Written {
                    etag: bare(answer.text_of("ETag")).to_owned(),
                    version: version_of(&parts.headers),
                });
            }
            Err(error) => unknown_upload(error),
        };
        let is_gone = error.meaning() == Some(Meaning::NoUpload);
        // Our own object may be what is in the way: the answer that it was made may have got lost.
        let in_the_way = options.only_new && error.meaning() == Some(Meaning::Changed);
        if (is_gone || in_the_way)
            && let Ok(found) = self.glance(at, None).await
            && is_made_of(&found, parts, whole.as_deref())
        {
            return Ok(Written {
                etag: found.etag,
                version: found.version,
            });
        }
        Err(taken(error, options.only_new))
    }

    pub(super) async fn forget(&self, at: &Address, upload: &str) -> Result<()> {
        let ask = Ask::new("abort the upload of", url_of(at));
        let call = Call::new(Method::DELETE, &at.bucket, &at.key, &[("uploadId", upload)]);
        match self.client.whole(&ask, &call).await.map_err(unknown_upload) {
            Ok(_) => Ok(()),
            Err(error) if error.meaning() == Some(Meaning::NoUpload) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Sends a request whose answer may be an error although it says success, and tries such a one again.
    pub(super) async fn patiently(&self, ask: &Ask, call: &Call<'_>) -> Result<(http::response::Parts, Bytes)> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (parts, body) = self.client.whole(ask, call).await?;
            let Some(error) = refuse::hidden(ask, StatusCode::OK, &parts.headers, &body) else {
                return Ok((parts, body));
            };
            match Patience::default().pause(attempt, &error) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
        }
    }
}

/// The order to make an object of these parts.
fn order(parts: &[Part], with_checksums: bool) -> String {
    let mut body = String::with_capacity(128 * parts.len() + 64);
    body.push_str("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for part in parts {
        body.push_str("<Part><PartNumber>");
        body.push_str(&part.number.to_string());
        body.push_str("</PartNumber><ETag>&quot;");
        body.push_str(&escaped(&part.tag).unwrap_or_default());
        body.push_str("&quot;</ETag>");
        if with_checksums {
            body.push_str("<ChecksumCRC64NVME>");
            body.push_str(&escaped(&part.checksum).unwrap_or_default());
            body.push_str("</ChecksumCRC64NVME>");
        }
        body.push_str("</Part>");
    }
    body.push_str("</CompleteMultipartUpload>");
    body
}

/// A 404 without a known code, asked of an upload, is about the upload.
fn unknown_upload(error: CloudError) -> CloudError {
    match error {
        CloudError::Refused(mut refusal) if refusal.meaning == Meaning::NotFound => {
            refusal.meaning = Meaning::NoUpload;
            CloudError::Refused(refusal)
        }
        other => other,
    }
}

/// Whether an object is the one that these parts make.
fn is_made_of(found: &ObjectDetails, parts: &[Part], whole: Option<&str>) -> bool {
    if found.bytes != parts.iter().map(|part| part.bytes).sum::<u64>() {
        return false;
    }
    let kept = found.checksums.iter().find(|(algorithm, _)| algorithm == "CRC64NVME");
    if let (Some(whole), Some((_, kept))) = (whole, kept) {
        return whole == kept;
    }
    tag_of(parts).is_some_and(|tag| tag == found.etag)
}

/// The `ETag` that S3 gives an object of parts: the MD5 of theirs, and how many there are.
/// Nothing where their tags are no MD5s, as with keys of the key management service.
fn tag_of(parts: &[Part]) -> Option<String> {
    use md5::Digest as _;
    let mut sum = md5::Md5::new();
    for part in parts {
        if part.tag.len() != 32 {
            return None;
        }
        for at in (0..32).step_by(2) {
            sum.update([u8::from_str_radix(part.tag.get(at..at + 2)?, 16).ok()?]);
        }
    }
    Some(format!("{}-{}", sign::hex(&sum.finalize()), parts.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(number: u32, tag: &str) -> Part {
        Part {
            number,
            bytes: 5,
            tag: tag.to_owned(),
            checksum: "AAAAAAAAAAA=".to_owned(),
        }
    }

    #[test]
    fn the_tag_of_an_object_of_parts_is_known_beforehand() {
        // MD5 of the two raw MD5s of "hello".
        let parts = [
            part(1, "5d41402abc4b2a76b9719d911017c592"),
            part(2, "5d41402abc4b2a76b9719d911017c592"),
        ];
        assert_eq!(tag_of(&parts).unwrap(), "616b22817b80eed9f65c3aa38cd29054-2");
        assert_eq!(tag_of(&[part(1, "opaque")]), None);
    }

    #[test]
    fn an_object_is_recognised_by_checksum_or_tag() {
        let parts = [part(1, "5d41402abc4b2a76b9719d911017c592")];
        let mut found = ObjectDetails {
            bytes: 5,
            checksums: vec![("CRC64NVME".into(), "AAAAAAAAAAA=".into())],
            ..ObjectDetails::default()
        };
        assert!(is_made_of(&found, &parts, Some("AAAAAAAAAAA=")));
        assert!(!is_made_of(&found, &parts, Some("BBBBBBBBBBB=")));
        found.checksums.clear();
        assert!(!is_made_of(&found, &parts, None));
        found.etag = tag_of(&parts).unwrap();
        assert!(is_made_of(&found, &parts, None));
        found.bytes = 6;
        assert!(!is_made_of(&found, &parts, None));
    }

    #[test]
    fn an_order_names_its_parts() {
        let text = order(&[part(1, "a"), part(2, "b")], false);
        let read = Element::parse(text.as_bytes()).unwrap();
        let tags: Vec<&str> = read.all("Part").map(|part| part.text_of("ETag")).collect();
        assert_eq!(tags, ["\"a\"", "\"b\""]);
    }
}
