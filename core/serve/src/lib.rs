//! Endpoints: the server that answers requests with a registered model, the client that
//! asks one, and the watch over their health. Only this crate names the HTTP libraries.

pub mod client;
mod error;
mod server;
pub mod watch;

pub use error::ServeError;
pub use server::{FolderOptions, Vertex, serve, serve_folder};
