//! What every view may read. Views change nothing but their own state; they send commands.

use crate::command::navigate::Ways;
use crate::environment::{Device, Environment};
use crate::library::Library;
use crate::route::Route;
use crate::settings::Settings;
use crate::theme::Tokens;
use crate::work::{Fetch, Work};

/// Read-only, made anew for each frame. Ten fields at most.
#[derive(Clone, Copy, Debug)]
pub struct AppContext<'a> {
    /// The colours of the theme that is shown.
    pub tokens: &'a Tokens,
    /// Datasets, runs and jobs as last read.
    pub library: &'a Library,
    pub settings: &'a Settings,
    /// Where the person is.
    pub route: &'a Route,
    /// Asks background threads for values; call it from `page_logic`, never while drawing.
    pub work: &'a Work,
    /// The workspace's folder and what this machine offers.
    pub environment: &'a Environment,
    /// What can train, as `aloft devices` says.
    pub devices: &'a Fetch<Vec<Device>>,
    /// Now, in milliseconds since 1970: the same for the whole frame.
    pub now_ms: i64,
    /// Whether there is a place to go back to, and one to go forward to.
    pub can_go: Ways,
    /// True in the frame after a person asked to find something in the page (Ctrl+F).
    pub find_requested: bool,
}
