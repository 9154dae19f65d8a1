//! What the bytes of an object must add up to, as the provider says, and the adding up.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use md5::{Digest as _, Md5};
use sha2::Sha256;

/// A way to add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha256,
    Md5,
}

/// What must come out. `text` is hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) way: Way,
    text: String,
    /// Whether it is only an `ETag` that looks like it: encrypted objects have others that look the same.
    pub(super) is_guess: bool,
}

impl Way {
    fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let name = name.trim_start_matches("x-amz-checksum-");
        Some(match name.replace(['-', '_'], "").as_str() {
            "crc32" => Self::Crc32,
            "crc32c" => Self::Crc32c,
            "crc64nvme" => Self::Crc64Nvme,
            "sha256" => Self::Sha256,
            "md5" | "contentmd5" => Self::Md5,
            _ => return None,
        })
    }

    /// The algorithm, where ranges can be added up each for itself.
    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha256 | Self::Md5 => None,
        }
    }

    pub(super) fn can_combine(self) -> bool {
        self.crc().is_some()
    }

    fn bytes(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Md5 => 16,
            Self::Sha256 => 32,
        }
    }
}

/// The cheapest of the checksums of the whole object that the provider told; its `ETag` where
/// there is none and it looks like an MD5.
pub(super) fn expected(checksums: &[(String, String)], etag: &str) -> Option<Expected> {
    let told = |way: Way| {
        checksums.iter().find_map(|(name, value)| {
            // One of parts has a dash and their number, and is no base 64 of this length.
            let bytes = STANDARD.decode(value).ok()?;
            (Way::of_name(name) == Some(way) && bytes.len() == way.bytes()).then(|| Expected {
                way,
                text: hex(&bytes),
                is_guess: false,
            })
        })
    };
    [Way::Crc64Nvme, Way::Crc32c, Way::Crc32, Way::Md5, Way::Sha256]
        .into_iter()
        .find_map(told)
        .or_else(|| {
            is_md5(etag).then(|| Expected {
                way: Way::Md5,
                text: etag.to_ascii_lowercase(),
                is_guess: true,
            })
        })
}

/// Whether an object of so many bytes and with these checksums is these bytes, as far as one of them tells.
pub(crate) fn is_content(content: &[u8], bytes: u64, checksums: &[(String, String)], etag: &str) -> bool {
    let is_same = |wanted: Expected| wanted.is(&sum_of(wanted.way, content));
    content.len() as u64 == bytes && expected(checksums, etag).is_some_and(is_same)
}

/// What bytes add up to, hexadecimal.
pub(super) fn sum_of(way: Way, bytes: &[u8]) -> String {
    let mut sum = Sum::new(way);
    sum.add(bytes);
    sum.text()
}

/// Whether an `ETag` looks like an MD5.
pub(super) fn is_md5(etag: &str) -> bool {
    etag.len() == 32 && etag.bytes().all(|letter| letter.is_ascii_hexdigit())
}

/// Whether an object that is encrypted so has an `ETag` that looks like an MD5 and is none.
pub(super) fn hides_md5(encryption: &str) -> bool {
    ["KMS", "SSE-C"].iter().any(|way| encryption.contains(way))
}

/// The `ETag` that S3 gives an object made of parts with these.
pub(super) fn etag_of_parts<'a>(tags: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut sum = Md5::new();
    let mut count = 0;
    for tag in tags {
        if !is_md5(tag) {
            return None;
        }
        for at in (0..32).step_by(2) {
            sum.update([u8::from_str_radix(tag.get(at..at + 2)?, 16).ok()?]);
        }
        count += 1;
    }
    Some(format!("{}-{count}", hex(&sum.finalize())))
}

/// The MD5 of bytes, hexadecimal.
pub(super) fn md5_of(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

impl Expected {
    /// Whether this came out.
    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text
    }
}

/// Adds up bytes as they come.
pub(super) enum Sum {
    Crc(Box<crc_fast::Digest>, usize),
    Sha256(Box<Sha256>),
    Md5(Box<Md5>),
}

impl Sum {
    pub(super) fn new(way: Way) -> Self {
        match (way, way.crc()) {
            (_, Some(algorithm)) => Self::Crc(Box::new(crc_fast::Digest::new(algorithm)), way.bytes()),
            (Way::Sha256, None) => Self::Sha256(Box::default()),
            (_, None) => Self::Md5(Box::default()),
        }
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc(sum, _) => sum.update(bytes),
            Self::Sha256(sum) => sum.update(bytes),
            Self::Md5(sum) => sum.update(bytes),
        }
    }

    /// What came out, hexadecimal.
    pub(super) fn text(self) -> String {
        match self {
            Self::Crc(sum, bytes) => hex(&sum.finalize().to_be_bytes()[8 - bytes..]),
            Self::Sha256(sum) => hex(&sum.finalize()),
            Self::Md5(sum) => hex(&sum.finalize()),
        }
    }
}

/// What ranges that follow each other add up to: the text of each, and its bytes. Nothing when the
/// way has no such property or a text is none of its own.
pub(super) fn combine<'a>(way: Way, ranges: impl Iterator<Item = (&'a str, u64)>) -> Option<String> {
    let algorithm = way.crc()?;
    let mut whole = None;
    for (text, bytes) in ranges {
        let value = u64::from_str_radix(text, 16).ok()?;
        whole = Some(match whole {
            None => value,
            Some(before) => crc_fast::checksum_combine(algorithm, before, value, bytes),
        });
    }
    Some(hex(&whole?.to_be_bytes()[8 - way.bytes()..]))
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standards() {
        // The check values of the catalogue of CRCs, and of RFC 1321 and FIPS 180.
        assert_eq!(sum_of(Way::Crc32, b"123456789"), "cbf43926");
        assert_eq!(sum_of(Way::Crc32c, b"123456789"), "e3069283");
        assert_eq!(sum_of(Way::Crc64Nvme, b"123456789"), "ae8b14860a799888");
        assert_eq!(sum_of(Way::Md5, b"abc"), "900150983cd24fb0d6963f7d28e17f72");
        assert!(sum_of(Way::Sha256, b"abc").starts_with("ba7816bf"));
    }

    #[test]
    fn ranges_add_up_to_the_whole() {
        let bytes: Vec<u8> = (0..10_000_u32).map(|n| (n * 7) as u8).collect();
        for way in [Way::Crc32, Way::Crc32c, Way::Crc64Nvme] {
            let texts: Vec<_> = bytes
                .chunks(3000)
                .map(|chunk| (sum_of(way, chunk), chunk.len() as u64))
                .collect();
            let whole = combine(way, texts.iter().map(|(text, bytes)| (text.as_str(), *bytes)));
            assert_eq!(whole, Some(sum_of(way, &bytes)));
        }
        assert_eq!(combine(Way::Md5, [("00", 1)].into_iter()), None);
    }

    #[test]
    fn the_cheapest_sum_of_the_whole_is_taken() {
        let told = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let crc = told("CRC32", &STANDARD.encode([0xcb, 0xf4, 0x39, 0x26]));
        let parts = told("CRC64NVME", "AAAAAAAAAAA=-3");
        let found = expected(&[parts.clone(), crc], "900150983cd24fb0d6963f7d28e17f72").unwrap();
        assert!(found.is("cbf43926") && !found.is_guess);
        let found = expected(&[parts], "900150983CD24fb0d6963f7d28e17f72").unwrap();
        assert!(found.is("900150983cd24fb0d6963f7d28e17f72") && found.is_guess);
        assert_eq!(expected(&[], "900150983cd24fb0d6963f7d28e17f72-2"), None);
    }

    #[test]
    fn the_tag_of_parts_is_what_s3_says() {
        // Two parts of "abc", as S3 would name them.
        let tag = md5_of(b"abc");
        let both = etag_of_parts([tag.as_str(), tag.as_str()].into_iter()).unwrap();
        let raw: Vec<u8> = [Md5::digest(b"abc"), Md5::digest(b"abc")].concat();
        assert_eq!(both, format!("{}-2", md5_of(&raw)));
        assert_eq!(etag_of_parts(["x"].into_iter()), None);
    }
}
