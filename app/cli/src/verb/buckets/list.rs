//! `aloft ls`

use aloft_base::time::to_rfc3339;
use aloft_cloud::{Address, ListPage, ListRequest, Object, Session};
use anyhow::Result;
use serde_json::{Value, json};

use super::place::{self, Addressed};
use super::{THREADS, store_of, whose};
use crate::arguments::buckets::List;
use crate::context::Context;
use crate::table::{Align, Table};
use crate::text::{bytes, count, moment};

pub(super) fn perform(context: &mut Context<'_>, wanted: &List) -> Result<u8> {
    let session = Session::start(THREADS)?;
    match wanted.url.as_deref() {
        None | Some("s3://" | "gs://" | "az://" | "file://") => buckets(context, &session, wanted),
        Some(url) => {
            let Addressed { store, at } = place::addressed(context, &session, url, &wanted.whose)?;
            let mut request = ListRequest {
                bucket: at.bucket.clone(),
                prefix: at.key.clone(),
                grouped: !wanted.recursive,
                ..ListRequest::default()
            };
            let mut found = Found::default();
            // The next page is asked for while this one is printed.
            let mut next = Some(session.spawn(page(store.clone(), request.clone())));
            while let Some(asked) = next.take() {
                let listed = session.wait(asked)??;
                request.token.clone_from(&listed.token);
                if listed.token.is_some() {
                    next = Some(session.spawn(page(store.clone(), request.clone())));
                }
                if !found.add(context, &at, listed)? {
                    break;
                }
            }
            found.answer(context, &store.url(&at))
        }
    }
}

async fn page(store: std::sync::Arc<dyn aloft_cloud::Store>, request: ListRequest) -> aloft_cloud::Result<ListPage> {
    store.list(&request).await
}

/// What was found so far.
#[derive(Default)]
struct Found {
    objects: u64,
    bytes: u64,
    /// Kept only for JSON, where everything is one object.
    rows: Vec<Value>,
    prefixes: Vec<String>,
    text: String,
}

impl Found {
    /// Counts and prints a page; answers whether somebody still reads.
    fn add(&mut self, context: &mut Context<'_>, at: &Address, page: ListPage) -> Result<bool> {
        self.objects += page.objects.len() as u64;
        self.bytes += page.objects.iter().map(|object| object.bytes).sum::<u64>();
        if context.output.is_json() {
            self.rows.extend(page.objects.iter().map(object));
            self.prefixes.extend(page.prefixes);
            return Ok(true);
        }
        let folder = at.key.rfind('/').map_or(0, |slash| slash + 1);
        self.text.clear();
        for prefix in &page.prefixes {
            let name = shown(prefix, folder);
            self.line("", "", &name);
        }
        for object in &page.objects {
            let time = object.modified_ms.map(moment).unwrap_or_default();
            let (size, name) = (bytes(object.bytes), shown(&object.key, folder));
            self.line(&time, &size, &name);
        }
        context.output.part(self.text.as_bytes())
    }

    fn line(&mut self, time: &str, size: &str, name: &str) {
        let line = [&format!("{time:>19} {size:>9}  "), name, "\n"];
        self.text.extend(line);
    }

    fn answer(self, context: &mut Context<'_>, url: &str) -> Result<u8> {
        let object = json!({
            "url": url,
            "objects": self.rows,
            "prefixes": self.prefixes,
            "count": self.objects,
            "bytes": self.bytes,
        });
        if context.output.is_json() {
            context.output.answer(&object, String::new)?;
        } else {
            let (objects, size) = (count(self.objects), bytes(self.bytes));
            context.output.note(&format!("{objects} objects, {size}"));
        }
        Ok(0)
    }
}

/// A key below the folder that is listed, with what cannot be shown escaped.
fn shown(key: &str, folder: usize) -> String {
    let name = key.get(folder..).unwrap_or(key);
    if name.chars().any(char::is_control) {
        name.escape_debug().to_string()
    } else {
        name.to_owned()
    }
}

fn object(object: &Object) -> Value {
    json!({
        "key": object.key,
        "bytes": object.bytes,
        "modified": object.modified_ms.map(to_rfc3339),
        "etag": object.etag,
        "storage_class": object.storage_class,
    })
}

fn buckets(context: &mut Context<'_>, session: &Session, wanted: &List) -> Result<u8> {
    let connection = whose(context, &wanted.whose)?;
    let scheme = match wanted.url.as_deref() {
        Some("gs://") => Some(aloft_cloud::Scheme::Gs),
        Some("az://") => Some(aloft_cloud::Scheme::Az),
        Some("s3://") => Some(aloft_cloud::Scheme::S3),
        _ => None,
    };
    let store = store_of(session, connection.as_ref(), scheme)?;
    let buckets = session.wait(store.buckets())?;
    let rows: Vec<Value> = buckets
        .iter()
        .map(|bucket| {
            json!({
                "name": bucket.name,
                "created": bucket.created_ms.map(to_rfc3339),
                "region": bucket.region,
            })
        })
        .collect();
    context.output.answer(&json!({ "buckets": rows }), || {
        let mut table = Table::new(&[("Bucket", Align::Left), ("Made", Align::Left), ("Region", Align::Left)]);
        for bucket in &buckets {
            table.row([
                bucket.name.clone(),
                bucket.created_ms.map_or_else(String::new, moment),
                bucket.region.clone().unwrap_or_default(),
            ]);
        }
        if table.is_empty() {
            "No buckets.\n".to_owned()
        } else {
            table.to_string()
        }
    })?;
    Ok(0)
}
