//! Azure's signatures: Shared Key for requests, and shared access signatures for links.
//! After "Authorize with Shared Key" and "Create a service SAS" of Microsoft's documentation.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method};
use sha2::Sha256;

/// The headers that are signed without their names, in their order.
const PLAIN: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// The signature of some text, in Base64.
fn signature(key: &[u8], text: &str) -> String {
    // A key of any length serves.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

/// The value of the `Authorization` header. `path` is the path as it is sent, `query` has
/// names and values before their encoding.
pub(super) fn authorization(
    account: &str,
    key: &[u8],
    method: &Method,
    path: &str,
    query: &[(&str, String)],
    headers: &HeaderMap,
) -> String {
    let text = to_sign(account, method, path, query, headers);
    format!("SharedKey {account}:{}", signature(key, &text))
}

fn to_sign(account: &str, method: &Method, path: &str, query: &[(&str, String)], headers: &HeaderMap) -> String {
    let value_of = |name: &str| -> String {
        let value = headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        value.unwrap_or_default().into_owned()
    };
    let mut text = format!("{method}\n");
    for name in PLAIN {
        let value = value_of(name);
        if !(name == "content-length" && value == "0") {
            text.push_str(&value);
        }
        text.push('\n');
    }
    let mut own: Vec<&str> = headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| name.starts_with("x-ms-"))
        .collect();
    own.sort_unstable();
    for name in own {
        text.extend([name, ":", value_of(name).trim(), "\n"]);
    }
    text.extend(["/", account, path]);
    let mut pairs: Vec<(String, &str)> = query
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.as_str()))
        .collect();
    pairs.sort_unstable();
    for (name, value) in pairs {
        text.extend(["\n", &name, ":", value]);
    }
    text
}

/// What a shared access signature allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant<'a> {
    pub(super) account: &'a str,
    pub(super) container: &'a str,
    /// Empty for every blob of the container.
    pub(super) blob: &'a str,
    /// As `2026-05-03T09:12:30Z`.
    pub(super) until: &'a str,
    pub(super) only_https: bool,
}

/// The names and values of a signature with which anybody can read a blob, or all of a container, until a time.
pub(super) fn shared_access(grant: Grant<'_>, key: &[u8], version: &str) -> [(&'static str, String); 6] {
    let protocol = if grant.only_https { "https" } else { "https,http" };
    let mut resource = format!("/blob/{}/{}", grant.account, grant.container);
    let (kind, permissions) = if grant.blob.is_empty() {
        ("c", "rl")
    } else {
        resource.extend(["/", grant.blob]);
        ("b", "r")
    };
    // Permissions, start, expiry, resource, identifier, addresses, protocol, version, kind,
    // snapshot, encryption scope, and five headers of the answer.
    let text = [
        permissions,
        "",
        grant.until,
        &resource,
        "",
        "",
        protocol,
        version,
        kind,
        "",
        "",
        "",
        "",
        "",
        "",
        "",
    ]
    .join("\n");
    [
        ("sp", permissions.to_owned()),
        ("se", grant.until.to_owned()),
        ("spr", protocol.to_owned()),
        ("sv", version.to_owned()),
        ("sr", kind.to_owned()),
        ("sig", signature(key, &text)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of "Authorize with Shared Key": Get Container Metadata, version 2015-02-21.
    #[test]
    fn the_text_to_sign_is_that_of_the_documentation() {
        let mut headers = HeaderMap::new();
        headers.insert("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT".parse().unwrap());
        headers.insert("x-ms-version", "2015-02-21".parse().unwrap());
        headers.insert("content-length", "0".parse().unwrap());
        let query = [
            ("restype", "container".to_owned()),
            ("comp", "metadata".to_owned()),
            ("timeout", "20".to_owned()),
        ];
        let text = to_sign("myaccount", &Method::GET, "/mycontainer", &query, &headers);
        assert_eq!(
            text,
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"
        );
    }

    /// RFC 4231, test case 2.
    #[test]
    fn the_signature_is_hmac_with_sha_256() {
        let hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let bytes: Vec<u8> = (0..32)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        assert_eq!(
            signature(b"Jefe", "what do ya want for nothing?"),
            BASE64_STANDARD.encode(bytes)
        );
    }
}
