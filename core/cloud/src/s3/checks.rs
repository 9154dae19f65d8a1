//! How bodies are protected on their way: what is sent with them, and what the server does with it.
//!
//! Every body goes with its CRC-64/NVME (`x-amz-checksum-crc64nvme`), which costs almost
//! nothing, is checked by Amazon and kept as the checksum of the object. A server that checked
//! it says it again in its answer; `SeaweedFS` 4.48 does so too, and answers `BadDigest` to a wrong one.
//!
//! Until a server has said so, the body's SHA-256 is signed as well (`x-amz-content-sha256`),
//! which S3 servers of old check. Measured in pieces of 8 MiB, with the processor's SHA
//! instructions, it is nine times as slow as the CRC (0.75 against 6.7 GB a second), so it is left
//! out (`UNSIGNED-PAYLOAD`) once the server is known to check the CRC and nobody can change the
//! body on its way (TLS, or this machine). Signing the hash is no proof by itself: `SeaweedFS`
//! 4.48 takes a body with a wrong one.

use std::sync::atomic::{AtomicU8, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use crc_fast::CrcAlgorithm;
use http::HeaderMap;

use super::call::Call;
use super::client::Client;
use super::sign;
use crate::error::{CloudError, Meaning, Result};

/// The header of the checksum.
pub(super) const CRC: &str = "x-amz-checksum-crc64nvme";

const UNKNOWN: u8 = 0;
const CHECKS: u8 = 1;
const REFUSES: u8 = 2;

/// What a server does with checksums.
#[derive(Debug)]
pub(super) struct Checks(AtomicU8);

impl Checks {
    pub(super) fn new(client: &Client) -> Self {
        Self(AtomicU8::new(if client.is_amazon() { CHECKS } else { UNKNOWN }))
    }

    /// Whether it does not want to hear of them.
    pub(super) fn are_refused(&self) -> bool {
        self.0.load(Ordering::Relaxed) == REFUSES
    }

    /// Puts a body into a request, with what protects it. Answers the checksum that is sent with it; may be empty.
    pub(super) fn protect(&self, client: &Client, call: &mut Call<'_>, body: Bytes) -> Result<String> {
        let state = self.0.load(Ordering::Relaxed);
        let mut checksum = String::new();
        if state != REFUSES {
            checksum = crc(&body);
            call.header(CRC, &checksum)?;
        }
        call.payload = if client.is_anonymous() || (state == CHECKS && client.is_protected()) {
            sign::UNSIGNED.to_owned()
        } else {
            sign::hash(&body)
        };
        call.body = body;
        Ok(checksum)
    }

    /// Learns from an answer whether the server checked what was sent.
    pub(super) fn learn(&self, sent: &str, headers: &HeaderMap) {
        if !sent.is_empty() && headers.get(CRC).is_some_and(|said| said.as_bytes() == sent.as_bytes()) {
            self.0.store(CHECKS, Ordering::Relaxed);
        }
    }

    /// Whether a refusal is about the checksum, and the request is worth another attempt without one.
    pub(super) fn act_on(&self, error: &CloudError) -> bool {
        let CloudError::Refused(refusal) = error else {
            return false;
        };
        let is_about = matches!(refusal.meaning, Meaning::Invalid | Meaning::Unsupported) && {
            let words = refusal.message.to_ascii_lowercase();
            words.contains("checksum") || words.contains("crc64nvme")
        };
        is_about && self.0.swap(REFUSES, Ordering::Relaxed) != REFUSES
    }
}

/// The CRC-64/NVME of a body, as S3 writes it.
fn crc(body: &[u8]) -> String {
    text_of(crc_fast::checksum(CrcAlgorithm::Crc64Nvme, body))
}

fn text_of(crc: u64) -> String {
    BASE64.encode(crc.to_be_bytes())
}

/// The checksum of an object, of those of its parts and their bytes; nothing when one is missing.
pub(super) fn combined<'a>(parts: impl Iterator<Item = (&'a str, u64)>) -> Option<String> {
    let mut whole: Option<u64> = None;
    for (checksum, bytes) in parts {
        let part = u64::from_be_bytes(BASE64.decode(checksum).ok()?.try_into().ok()?);
        whole = Some(match whole {
            None => part,
            Some(before) => crc_fast::checksum_combine(CrcAlgorithm::Crc64Nvme, before, part, bytes),
        });
    }
    whole.map(text_of)
}

/// The MD5 of a body, as `Content-MD5` wants it.
pub(super) fn md5(body: &[u8]) -> String {
    use md5::Digest as _;
    BASE64.encode(md5::Md5::digest(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_published_one() {
        // The check value of CRC-64/NVME: AE8B14860A799888.
        assert_eq!(
            crc(b"123456789"),
            BASE64.encode(0xAE8B_1486_0A79_9888_u64.to_be_bytes())
        );
    }

    #[test]
    fn checksums_of_parts_make_that_of_the_whole() {
        let body: Vec<u8> = (0..100_000_u32).map(|i| (i * 7) as u8).collect();
        let pieces: Vec<(String, u64)> = body
            .chunks(33_333)
            .map(|piece| (crc(piece), piece.len() as u64))
            .collect();
        let whole = combined(pieces.iter().map(|(crc, bytes)| (crc.as_str(), *bytes)));
        assert_eq!(whole, Some(crc(&body)));
        assert_eq!(combined([("", 5)].into_iter()), None);
        assert_eq!(combined([].into_iter()), None);
    }
}
