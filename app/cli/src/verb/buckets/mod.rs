//! `aloft ls|cat|du|mb|cp|mv|sync|rm`: buckets and folders by their addresses.

mod list;
mod place;
mod read;
mod transfer;

use anyhow::Result;
use serde_json::json;

use aloft_cloud::Session;

use crate::arguments::buckets::{Copy, List, Remove, Sync, Whose};
use crate::context::Context;
use place::Addressed;

pub(super) use place::{store_of, whose};

/// Threads that talk to servers; the bytes are moved by a job's own.
const THREADS: usize = 2;

pub(super) fn list(context: &mut Context<'_>, wanted: &List) -> Result<u8> {
    list::perform(context, wanted)
}

pub(super) fn cat(context: &mut Context<'_>, url: &str, wanted: &Whose) -> Result<u8> {
    read::cat(context, url, wanted)
}

pub(super) fn usage(context: &mut Context<'_>, urls: &[String], wanted: &Whose) -> Result<u8> {
    read::usage(context, urls, wanted)
}

pub(super) fn copy(context: &mut Context<'_>, wanted: &Copy, is_move: bool) -> Result<u8> {
    transfer::copy(context, wanted, is_move)
}

pub(super) fn sync(context: &mut Context<'_>, wanted: &Sync) -> Result<u8> {
    transfer::sync(context, wanted)
}

pub(super) fn remove(context: &mut Context<'_>, wanted: &Remove) -> Result<u8> {
    transfer::remove(context, wanted)
}

/// `aloft mb URL`
pub(super) fn make_bucket(context: &mut Context<'_>, url: &str, wanted: &Whose) -> Result<u8> {
    let session = Session::start(THREADS)?;
    let Addressed { store, at } = place::addressed(context, &session, url, wanted)?;
    session.wait(store.create_bucket(&at.bucket))?;
    let bucket = at.bucket.clone();
    context
        .output
        .answer(&json!({ "bucket": bucket }), || format!("Made the bucket {bucket}\n"))?;
    Ok(0)
}
