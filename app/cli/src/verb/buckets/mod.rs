//! `aloft ls|cat|du|mb|cp|mv|sync|rm`: buckets and folders by their addresses.

mod list;
mod place;
mod read;
mod transfer;

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use aloft_cloud::Session;
use aloft_cloud::transfer::Place;

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

/// The place that an address means, for what is to be written there.
pub(super) fn target(context: &Context<'_>, url: &str, connection: Option<&str>) -> Result<Place> {
    let wanted = Whose {
        connection: connection.map(str::to_owned),
    };
    let connection = whose(context, &wanted)?;
    place::place(url, connection.as_ref())
}

/// Moves a file or a folder that waits here to its place in a bucket, as a job that can be resumed.
pub(super) fn deliver(context: &mut Context<'_>, waiting: &Path, is_folder: bool, target: Place) -> Result<()> {
    transfer::deliver(context, waiting, is_folder, target)
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
