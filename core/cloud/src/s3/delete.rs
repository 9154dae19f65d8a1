//! Many objects deleted at once.

use std::collections::HashSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderMap, Method, StatusCode};

use super::call::Call;
use super::xml::escaped;
use super::{S3, checks, refuse, sign, text_of};
use crate::address::Address;
use crate::error::{CloudError, Meaning, Result};
use crate::http::Ask;
use crate::xml::Element;

/// The most keys one request may hold.
const KEYS_MAX: usize = 1_000;
/// Requests on their way at once: of many keys, and of one.
const BATCHES_AT_ONCE: usize = 4;
const SINGLES_AT_ONCE: usize = 16;

/// Keys that were not deleted, and why.
type Kept = Vec<(String, CloudError)>;

impl S3 {
    pub(super) async fn delete_all(&self, bucket: &str, keys: &[String]) -> Result<Kept> {
        // A key that XML cannot carry goes in a path.
        let (carried, odd): (Vec<String>, Vec<String>) = keys.iter().cloned().partition(|key| escaped(key).is_some());
        if keys.len() == 1 {
            return Ok(self.delete_singly(bucket, keys.to_vec()).await);
        }
        let batches: Vec<Vec<String>> = carried.chunks(KEYS_MAX).map(<[String]>::to_vec).collect();
        let requests = stream::iter(batches).map(|batch| self.delete_batch(bucket, batch));
        let answers: Vec<Kept> = requests.buffer_unordered(BATCHES_AT_ONCE).try_collect().await?;
        let mut kept: Kept = answers.into_iter().flatten().collect();
        kept.extend(self.delete_singly(bucket, odd).await);
        Ok(kept)
    }

    async fn delete_singly(&self, bucket: &str, keys: Vec<String>) -> Kept {
        let requests = stream::iter(keys).map(|key| async move {
            let at = Address::new(bucket, key);
            let deleted = self.delete_one(&at, None).await;
            deleted.err().map(|error| (at.key, error))
        });
        let answers: Vec<_> = requests.buffer_unordered(SINGLES_AT_ONCE).collect().await;
        answers.into_iter().flatten().collect()
    }

    async fn delete_batch(&self, bucket: &str, keys: Vec<String>) -> Result<Kept> {
        let ask = Ask::new(format!("delete {} objects of", keys.len()), text_of(bucket, ""));
        let mut body = String::with_capacity(64 * keys.len());
        body.push_str("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>");
        for key in keys.iter().filter_map(|key| escaped(key)) {
            body.push_str("<Object><Key>");
            body.push_str(&key);
            body.push_str("</Key></Object>");
        }
        body.push_str("</Delete>");
        let mut call = Call::new(Method::POST, bucket, "", &[("delete", "")]);
        // Required here, and known to every server, unlike the newer checksums.
        call.header("content-md5", &checks::md5(body.as_bytes()))?;
        call.header("content-type", "application/xml")?;
        call.payload = sign::hash(body.as_bytes());
        call.body = body.into();
        let answer = match self.client.whole(&ask, &call).await {
            Ok((_, answer)) => answer,
            // Not every server knows how to delete many at once.
            Err(error) if error.meaning() == Some(Meaning::Unsupported) => {
                return Ok(self.delete_singly(bucket, keys).await);
            }
            Err(error) => return Err(error),
        };
        let result = Element::parse(&answer).map_err(|why| ask.odd(why))?;
        if result.name == "Error" {
            return Err(refuse::judge(&ask, StatusCode::OK, &HeaderMap::new(), &answer));
        }
        let mut kept = vec![];
        let mut again = HashSet::new();
        for error in result.all("Error") {
            let key = error.child("Key").map(|key| key.text.clone()).unwrap_or_default();
            let refused = of_key(bucket, &key, error);
            match refused.meaning() {
                Some(Meaning::NotFound) => {}
                // What may pass is tried once more by itself, which waits as the server wants.
                _ if refused.is_transient() => {
                    again.insert(key);
                }
                _ => kept.push((key, refused)),
            }
        }
        let again = keys.into_iter().filter(|key| again.contains(key)).collect();
        kept.extend(self.delete_singly(bucket, again).await);
        Ok(kept)
    }
}

/// The error of one key in the answer to a batch.
fn of_key(bucket: &str, key: &str, error: &Element) -> CloudError {
    let ask = Ask::new("delete", text_of(bucket, key));
    let said = format!(
        "<Error><Code>{}</Code><Message>{}</Message></Error>",
        escaped(error.text_of("Code")).unwrap_or_default(),
        escaped(error.text_of("Message")).unwrap_or_default()
    );
    refuse::judge(&ask, StatusCode::OK, &HeaderMap::new(), said.as_bytes())
}
