//! Tests of the crate as its users see it.

mod columnar;
mod damage;
mod files;
mod finding;
mod opening;
mod paging;
mod profiling;
mod relation;
mod training;
mod writing;
