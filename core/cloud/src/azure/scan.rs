//! What polars needs to read a container by itself. It never gets the account's key: that
//! could do anything, and would have to stand among its options.

use std::time::Duration;

use aloft_base::remote::Credential;
use aloft_base::{Redacted, time};

use super::account::Sign;
use super::sign::{self, Grant};
use super::{Azure, request};
use crate::address::Address;
use crate::encode;
use crate::error::Result;

/// How long what is given to polars serves; it asks again long before.
const VALID: Duration = Duration::from_hours(1);

impl Azure {
    /// Its options and their values. Each that polars would take from the environment of the
    /// program is said: what stands there may be meant for another account.
    pub(super) fn options_of_scan(&self) -> Vec<(String, Redacted<String>)> {
        let is_anonymous = matches!(self.account.sign, Sign::Nothing);
        let options = [
            ("azure_storage_account_name", self.account.name.as_str()),
            ("azure_storage_endpoint", &self.account.base),
            ("azure_storage_use_emulator", "false"),
            ("azure_use_fabric_endpoint", "false"),
            ("azure_skip_signature", if is_anonymous { "true" } else { "false" }),
            (
                "allow_http",
                if self.account.base.starts_with("http:") {
                    "true"
                } else {
                    "false"
                },
            ),
        ];
        options
            .map(|(name, value)| (name.to_owned(), Redacted::new(value.to_owned())))
            .into()
    }

    /// What it signs with now.
    pub(super) fn credential_of_scan(&self, container: &str) -> Result<Option<Credential>> {
        let pairs = match &self.account.sign {
            Sign::Nothing => return Ok(None),
            Sign::Sas(token) => encode::pairs(token.expose()),
            Sign::Key(key) => {
                let granted = self.granted(key.expose(), &Address::new(container, ""), VALID)?;
                granted.map(|(name, value)| (name.to_owned(), value)).into()
            }
        };
        let pairs = pairs.into_iter().map(|(name, value)| (name, Redacted::new(value)));
        Ok(Some(Credential::SharedAccess(pairs.collect())))
    }

    /// A signature with which anybody can read a blob, or a container, for a while.
    pub(super) fn granted(&self, key: &[u8], at: &Address, valid_for: Duration) -> Result<[(&'static str, String); 6]> {
        let until_secs = time::now_ms() / 1000 + i64::try_from(valid_for.as_secs()).unwrap_or(i64::MAX / 4);
        let until =
            jiff::Timestamp::from_second(until_secs).map_err(|error| self.ask("link to", at).odd(error.to_string()))?;
        let grant = Grant {
            account: &self.account.name,
            container: &at.bucket,
            blob: &at.key,
            until: &until.to_string(),
            only_https: self.account.base.starts_with("https"),
        };
        Ok(sign::shared_access(grant, key, request::VERSION))
    }
}
