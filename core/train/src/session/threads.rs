//! How many threads training uses.

/// What candle and rayon read for their number of threads.
const VARIABLE: &str = "RAYON_NUM_THREADS";

/// The variable a process that trains should be started with, and its value; `None` when it is set.
///
/// Without it candle asks the system for its cores at every matrix product, which on
/// Linux reads and parses `/proc/cpuinfo`: for small models that takes two thirds of the time.
/// A running process cannot set it safely, so the program starts itself anew with it.
pub fn thread_environment() -> Option<(&'static str, String)> {
    if std::env::var_os(VARIABLE).is_some() {
        return None;
    }
    Some((VARIABLE, candle_core::utils::get_num_threads().to_string()))
}

/// Limits the threads that training uses to `threads`. To be called once, before anything
/// is trained; answers whether the limit holds.
pub fn configure_threads(threads: usize) -> bool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("compute-{index}"))
        .build_global()
        .is_ok()
}
