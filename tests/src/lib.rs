//! Rigs for Aloft's tests: a private desktop, the real window driven from outside, the programs,
//! and a software renderer that draws the window's pages without a GPU.

pub mod desktop;
pub mod driver;
pub mod gallery;
pub mod keychain;
pub mod process;
pub mod program;
pub mod rasterizer;
pub mod serving;
pub mod small_disk;
pub mod stage;
pub mod terminal;
pub mod window;
