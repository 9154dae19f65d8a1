//! One contract for every kind of storage: the same behaviours are asked of a folder and of
//! real servers. What a server cannot do by its nature, or imitates wrongly, is written down
//! in [`backend`], with the reason.

#[cfg(test)]
mod backend;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod objects;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod uploads;

use backend::Backend;

/// Everything that is asked of a backend.
async fn hold(backend: &Backend) {
    objects::buckets_come_and_go(backend).await;
    objects::what_was_written_is_read(backend).await;
    objects::ranges_and_conditions(backend).await;
    objects::an_object_is_not_written_over_when_it_is_to_be_new(backend).await;
    objects::details_tell_what_was_written(backend).await;
    objects::any_key_is_written_listed_read_and_deleted(backend).await;
    objects::what_is_not_there_counts_as_deleted(backend).await;
    objects::copies_are_made_on_the_server(backend).await;
    objects::links_serve_anybody(backend).await;
    lists::pages_follow_each_other_in_the_order_of_keys(backend).await;
    lists::a_list_begins_after_a_key(backend).await;
    lists::more_keys_than_a_page(backend).await;
    uploads::an_upload_goes_on_with_another_store(backend).await;
    uploads::an_upload_that_was_aborted_leaves_nothing(backend).await;
    uploads::aborting_keeps_what_was_there(backend).await;
    uploads::a_lost_upload_says_so(backend).await;
    refusals::a_missing_bucket_is_called_so(backend).await;
    refusals::a_missing_object_is_called_so(backend).await;
    refusals::wrong_keys_are_not_let_in(backend).await;
    refusals::what_cannot_be_done_says_so(backend).await;
    refusals::a_server_that_is_gone_is_a_network_error(backend).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn local_folder() {
    hold(&backend::local()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn azurite() {
    hold(&backend::azurite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gcp_storage_emulator() {
    hold(&backend::gcp_storage_emulator()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fake_gcs_server() {
    hold(&backend::fake_gcs_server()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seaweedfs() {
    hold(&backend::seaweedfs()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moto() {
    hold(&backend::moto()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn azurite_with_a_shared_access_signature() {
    refusals::a_shared_access_signature_reads_and_no_more(&backend::azurite()).await;
}
