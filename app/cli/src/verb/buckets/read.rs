//! `aloft cat` and `aloft du`

use std::time::Duration;

use aloft_cloud::{GetOptions, ListRequest, Session};
use anyhow::Result;
use futures_util::StreamExt;
use serde_json::json;

use super::THREADS;
use super::place::{self, Addressed};
use crate::arguments::buckets::Whose;
use crate::context::Context;
use crate::table::{Align, Table};
use crate::text::{bytes, count};

/// How often a broken download is taken up again.
const ATTEMPTS: u32 = 5;

/// Writes an object to stdout. A connection that breaks is taken up where it broke, and only
/// while the object is the same one.
pub(super) fn cat(context: &mut Context<'_>, url: &str, wanted: &Whose) -> Result<u8> {
    let session = Session::start(THREADS)?;
    let Addressed { store, at } = place::addressed(context, &session, url, wanted)?;
    let mut options = GetOptions::default();
    let (mut written, mut attempt) = (0, 0);
    loop {
        let mut download = session.wait(store.get(&at, &options))?;
        options.if_match = Some(download.etag.clone()).filter(|etag| !etag.is_empty());
        let broke = loop {
            match session.wait(download.body.next()) {
                None => return Ok(0),
                Some(Ok(chunk)) => {
                    if !context.output.part(&chunk)? {
                        return Ok(0);
                    }
                    written += chunk.len() as u64;
                }
                Some(Err(error)) => break error,
            }
        };
        attempt += 1;
        if attempt >= ATTEMPTS || !broke.is_transient() {
            return Err(broke.into());
        }
        std::thread::sleep(Duration::from_millis(200) * 2_u32.pow(attempt));
        options.range = Some(written..download.total_bytes);
        if written == download.total_bytes {
            return Ok(0);
        }
    }
}

/// Counts and sizes of what is under prefixes.
pub(super) fn usage(context: &mut Context<'_>, urls: &[String], wanted: &Whose) -> Result<u8> {
    let session = Session::start(THREADS)?;
    let mut rows = Vec::new();
    for url in urls {
        let Addressed { store, at } = place::addressed(context, &session, url, wanted)?;
        let mut request = ListRequest {
            bucket: at.bucket.clone(),
            prefix: at.key.clone(),
            ..ListRequest::default()
        };
        let (mut objects, mut size) = (0_u64, 0_u64);
        loop {
            let page = session.wait(store.list(&request))?;
            objects += page.objects.len() as u64;
            size += page.objects.iter().map(|object| object.bytes).sum::<u64>();
            request.token = page.token;
            if request.token.is_none() {
                break;
            }
        }
        rows.push((url.clone(), objects, size));
    }
    let objects: Vec<_> = rows
        .iter()
        .map(|(url, objects, size)| json!({ "url": url, "objects": objects, "bytes": size }))
        .collect();
    context.output.answer(&json!({ "places": objects }), || {
        let mut table = Table::new(&[
            ("Place", Align::Left),
            ("Objects", Align::Right),
            ("Size", Align::Right),
        ]);
        for (url, objects, size) in rows {
            table.row([url, count(objects), bytes(size)]);
        }
        table.to_string()
    })?;
    Ok(0)
}
