//! The server of a connection: its URL, and whether it may be spoken to without TLS.

use aloft_base::connection::Spec;

use crate::error::{CloudError, Result};

/// Checks the URL a connection names: `https`, or `http` to this machine, or `http` elsewhere
/// where the person allowed it.
pub(crate) fn check(spec: &Spec, url: &str) -> Result<::http::Uri> {
    let refuse = |why: &str, hint: &str| CloudError::Settings {
        message: format!("The address '{}' {why}", without_secrets(url)),
        hint: hint.to_owned(),
    };
    let uri: ::http::Uri = url
        .trim_end_matches('/')
        .parse()
        .map_err(|_not_a_uri| refuse("is not a URL", "It looks like https://storage.example.org."))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(refuse("is not a URL", "It looks like https://storage.example.org."));
    };
    if authority.as_str().contains('@') {
        return Err(refuse(
            "holds a name or password",
            "Remove it; keys belong into the fields for them.",
        ));
    }
    match scheme {
        "https" => Ok(uri),
        "http" if spec.allow_http || is_this_machine(authority.host()) => Ok(uri),
        "http" => Err(refuse(
            "is not encrypted",
            "Use https, or allow plain http for this connection.",
        )),
        _ => Err(refuse(
            "is neither https nor http",
            "It looks like https://storage.example.org.",
        )),
    }
}

/// Whether a host is this machine.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// A URL without a name and password that somebody may have written into it.
fn without_secrets(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://•••@{rest}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aloft_base::connection::Provider;

    #[test]
    fn plain_http_is_for_this_machine_unless_it_is_allowed() {
        let mut spec = Spec::new(Provider::S3Compatible);
        for url in [
            "http://127.0.0.1:9000",
            "http://localhost:1/",
            "http://[::1]:9",
            "https://s3.example.org",
        ] {
            check(&spec, url).unwrap();
        }
        let error = check(&spec, "http://s3.example.org").unwrap_err().to_string();
        assert!(error.contains("not encrypted"), "{error}");
        spec.allow_http = true;
        check(&spec, "http://s3.example.org").unwrap();
    }

    #[test]
    fn a_password_in_a_url_is_refused_and_not_shown() {
        let error = check(
            &Spec::new(Provider::S3Compatible),
            "https://user:hunter2@s3.example.org",
        )
        .unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
