//! What polars needs to read an S3 bucket by itself.

use aloft_base::Redacted;
use aloft_base::remote::Credential;

use super::client::Client;
use crate::error::Result;

/// Its options and their values. Each that polars would take from the environment of the
/// program is said: what stands there may be meant for another server.
pub(super) fn options(client: &Client, bucket: &str) -> Vec<(String, Redacted<String>)> {
    let (url, region) = client.reached_at(bucket);
    let options = [
        ("aws_region", &*region),
        (
            "aws_skip_signature",
            if client.is_anonymous() { "true" } else { "false" },
        ),
        // With the bucket in the address, nothing is put before or after it.
        ("aws_virtual_hosted_style_request", "true"),
        (
            "aws_allow_http",
            if url.starts_with("http:") { "true" } else { "false" },
        ),
        ("aws_endpoint_url", &url),
        ("aws_endpoint_url_s3", &url),
        ("aws_s3_express", "false"),
        ("aws_request_payer", "false"),
    ];
    options
        .map(|(name, value)| (name.to_owned(), Redacted::new(value.to_owned())))
        .into()
}

/// What it signs with now.
pub(super) async fn credential(client: &Client) -> Result<Option<Credential>> {
    Ok(client.keys().await?.map(|keys| Credential::Keys {
        access_key_id: keys.access_key_id.clone(),
        secret_access_key: keys.secret_access_key.clone(),
        session_token: keys.session_token.clone(),
    }))
}
