//! Which buckets there are, and what is in one.

use http::Method;

use super::Gcs;
use super::answer::{self, Buckets, Objects, Resource};
use super::request::Call;
use crate::error::{CloudError, Meaning, Result};
use crate::http::Ask;
use crate::store::{Bucket, ListPage, ListRequest};

impl Gcs {
    /// Every bucket of the project; those that were named where there is none, or listing is not allowed.
    pub(super) async fn all_buckets(&self) -> Result<Vec<Bucket>> {
        let Some(project) = &self.account.project else {
            if self.named.is_empty() {
                return Err(CloudError::Settings {
                    message: "Google lists the buckets of a project, and this connection names none".to_owned(),
                    hint: "Name the project, or the buckets to show.".to_owned(),
                });
            }
            return Ok(self.shown());
        };
        let mut all = vec![];
        let mut token: Option<String> = None;
        loop {
            let ask = Ask::new("list the buckets of", project);
            let mut call =
                Call::new(Method::GET, "/storage/v1/b".to_owned(), Meaning::NotFound, ask).query("project", project);
            if let Some(token) = &token {
                call = call.query("pageToken", token);
            }
            let page: Buckets = match self.json(&call).await {
                Err(error) if error.meaning() == Some(Meaning::PermissionDenied) && !self.named.is_empty() => {
                    return Ok(self.shown());
                }
                page => page?,
            };
            all.extend(page.items.into_iter().map(answer::BucketResource::into_bucket));
            token = page.next_page_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    /// One page of objects.
    pub(super) async fn page(&self, request: &ListRequest) -> Result<ListPage> {
        let mut call = self.bucket(Method::GET, &request.bucket, "/o", "list");
        if !request.prefix.is_empty() {
            call = call.query("prefix", &request.prefix);
        }
        if request.grouped {
            call = call.query("delimiter", "/");
        }
        if let Some(limit) = request.limit {
            call = call.query("maxResults", limit.clamp(1, 1000).to_string());
        }
        // A page after the first one begins at the same key as the first one did.
        let after = request.start_after.as_deref().filter(|after| !after.is_empty());
        if let Some(after) = after {
            call = call.query("startOffset", after);
        }
        if let Some(token) = &request.token {
            call = call.query("pageToken", token);
        }
        let page: Objects = self.json(&call).await?;
        let mut page = ListPage {
            prefixes: page.prefixes,
            objects: page.items.into_iter().map(Resource::into_object).collect(),
            token: page.next_page_token.filter(|token| !token.is_empty()),
        };
        if let Some(after) = after {
            // Google begins at the key; here the list begins after it.
            page.objects.retain(|object| object.key.as_str() > after);
            page.prefixes.retain(|prefix| prefix.as_str() > after);
        }
        Ok(page)
    }

    fn shown(&self) -> Vec<Bucket> {
        let named = self.named.iter().map(|name| Bucket {
            name: name.clone(),
            created_ms: None,
            region: None,
        });
        named.collect()
    }
}
