//! After a deletion where versions are kept: the offer to take it back.

use aloft_base::job::State;
use aloft_cloud::transfer::{Order, Place, Verb};
use aloft_cloud::{Ability, Address};

use crate::command::BucketCommand;
use crate::context::AppContext;
use crate::format;
use crate::outcome::Outcome;
use crate::route::BucketPlace;

/// So many objects are brought back at once; more are restored where deleted objects are shown.
const MOST: usize = 1_000;

/// Offers to take back what this job deleted, when it did and the bucket keeps versions. Only the provider knows
/// whether it does: the first object is asked about.
pub(super) fn offer(job: &str, ctx: &AppContext<'_>) {
    let Some(job) = ctx.library.jobs().iter().find(|known| known.id == *job) else {
        return;
    };
    if job.state != State::Done {
        return;
    }
    let Ok(order) = serde_json::from_value::<Order>(job.spec.clone()) else {
        return;
    };
    let Some((place, keys)) = deleted_by(&order) else {
        return;
    };
    let Some(connection) = ctx.library.connection(&place.connection) else {
        return;
    };
    ctx.work
        .perform_remote(connection, "Could not look at the versions", |storage| async move {
            let Some(first) = keys.first().filter(|_| storage.can(Ability::Versions)) else {
                return Ok(Outcome::Done);
            };
            let at = Address::new(place.bucket.clone(), first.clone());
            // Who may not see versions is not offered any.
            let versions = storage.versions(&at).await.unwrap_or_default();
            if !versions
                .iter()
                .any(|version| version.is_latest && version.is_delete_marker)
            {
                return Ok(Outcome::Done);
            }
            let count = format::plural(keys.len() as u64, "object", "objects");
            Ok(Outcome::Said {
                title: format!("Deleted {count}"),
                text: "The bucket keeps versions: it can be taken back.".to_owned(),
                undo: Some(Box::new(BucketCommand::Undelete { place, keys }.into())),
            })
        });
}

/// The objects that an order deletes, where they are named one by one.
fn deleted_by(order: &Order) -> Option<(BucketPlace, Vec<String>)> {
    if order.verb != Verb::Delete || order.recursive || order.sources.len() > MOST {
        return None;
    }
    let mut place = None;
    let mut keys = Vec::new();
    for source in &order.sources {
        let Place::Object {
            connection: Some(connection),
            bucket,
            key,
            ..
        } = source
        else {
            return None;
        };
        place.get_or_insert_with(|| BucketPlace {
            connection: connection.clone(),
            bucket: bucket.clone(),
            prefix: String::new(),
        });
        keys.push(key.clone());
    }
    Some((place?, keys))
}
