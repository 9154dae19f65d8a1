//! Containers: which there are, what is set for one, and the end of one.

use http::Method;

use super::request::Call;
use super::{Azure, answer};
use crate::address::Address;
use crate::error::{CloudError, Meaning, Refusal, Result};
use crate::http::Ask;
use crate::store::{Bucket, BucketDetails, ListRequest, Store as _};

impl Azure {
    /// Every container of the account.
    pub(super) async fn containers(&self) -> Result<Vec<Bucket>> {
        let ask = Ask::new("list the containers of", &self.account.name);
        let mut all = vec![];
        let mut token = None;
        loop {
            let mut call = Call::new(Method::GET, "", "", ask.clone()).query("comp", "list");
            if let Some(token) = token {
                call = call.query("marker", token);
            }
            let root = match self.document(call, &ask).await {
                Ok((_, root)) => root,
                Err(error) if error.meaning() == Some(Meaning::PermissionDenied) && !self.named.is_empty() => {
                    return Ok(self
                        .named
                        .iter()
                        .map(|name| Bucket {
                            name: name.clone(),
                            created_ms: None,
                            region: None,
                        })
                        .collect());
                }
                Err(error) => return Err(error),
            };
            let (buckets, next) = answer::containers(&root);
            all.extend(buckets);
            match next {
                Some(next) => token = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// Azure deletes a container with all that is in it; this one deletes only empty ones, as elsewhere.
    pub(super) async fn delete_empty(&self, name: &str) -> Result<()> {
        let first = self
            .list(&ListRequest {
                bucket: name.to_owned(),
                limit: Some(1),
                ..ListRequest::default()
            })
            .await?;
        if !first.objects.is_empty() {
            return Err(CloudError::Refused(Box::new(Refusal {
                meaning: Meaning::Conflict,
                action: "delete".to_owned(),
                on: self.url(&Address::new(name, "")),
                status: 0,
                code: String::new(),
                message: "it is not empty".to_owned(),
                retry_after: None,
                region: None,
                is_repeated: false,
            })));
        }
        let call = self
            .call(Method::DELETE, &Address::new(name, ""), "delete")
            .query("restype", "container");
        self.whole(call).await.map(drop)
    }

    /// What is set for a container.
    pub(super) async fn container_details(&self, bucket: &str) -> Result<BucketDetails> {
        let at = Address::new(bucket, "");
        let call = self
            .call(Method::GET, &at, "read the settings of")
            .query("restype", "container");
        let headers = self.whole(call).await?.0.headers;
        let mut details = BucketDetails::default();
        let mut fact = |label: &str, words: &str| details.facts.push((label.to_owned(), words.to_owned()));
        fact("Storage account", &self.account.name);
        match answer::header(&headers, "x-ms-blob-public-access") {
            "" => fact("Public access", "Off"),
            "blob" => fact("Public access", "Reading, for who knows the address"),
            "container" => fact("Public access", "Listing and reading"),
            other => fact("Public access", other),
        }
        if answer::header(&headers, "x-ms-has-immutability-policy") == "true" {
            fact("Immutability", "On: blobs cannot be changed or deleted for a time");
        }
        if answer::header(&headers, "x-ms-has-legal-hold") == "true" {
            fact("Legal hold", "On: blobs cannot be changed or deleted");
        }
        match answer::header(&headers, "x-ms-default-encryption-scope") {
            "" | "$account-encryption-key" => fact("Encryption", "With the account's key"),
            scope => fact("Encryption", &format!("With encryption scope {scope}")),
        }
        if answer::header(&headers, "x-ms-lease-status") == "locked" {
            fact("Lease", "Somebody holds it: it cannot be deleted");
        }
        details.warnings = match answer::header(&headers, "x-ms-blob-public-access") {
            "" => vec![],
            "container" => vec!["Anybody on the internet may list and read this container.".to_owned()],
            _ => vec!["Anybody on the internet who knows an address may read it in this container.".to_owned()],
        };
        Ok(details)
    }
}
