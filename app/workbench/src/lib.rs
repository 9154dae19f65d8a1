//! Aloft's window: it draws, collects commands, and never computes.
//!
//! The contract of a frame: `logic` takes in finished work for a moment and applies commands;
//! `ui` draws views that read an [`AppContext`] and send [`Command`]s; those are applied,
//! and one repaint is asked for. Work that may be slow is done by [`work`]'s threads or by
//! `aloft` child processes.

mod address;
pub mod app;
pub mod command;
mod comparison;
pub mod context;
mod dialog;
pub mod environment;
mod facts;
pub mod format;
pub mod grid;
pub mod icon;
pub mod library;
mod light;
pub mod outcome;
pub mod page;
mod paths;
pub mod plot;
pub mod route;
pub mod samples;
pub mod settings;
mod shell;
pub mod theme;
pub mod widget;
#[cfg(test)]
mod window_tests;
pub mod work;

pub use app::{App, Options};
pub use command::{Availability, Command, CommandSender, Describe};
pub use context::AppContext;
pub use work::{Answer, Fetch, Lane};
