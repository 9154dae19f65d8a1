//! Where training can run on this machine.

use candle_core::Device;
use serde::{Deserialize, Serialize};

use crate::error::{Result, TrainError};

/// A device, there or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// What a recipe calls it: `cpu`, `cuda:0`, `metal`.
    pub id: String,
    pub name: String,
    pub available: bool,
    /// What it is, or why it cannot be used.
    pub why: String,
}

/// Every kind of device Aloft knows, and why one cannot be used. The CPU is always first and there.
pub fn devices() -> Vec<DeviceInfo> {
    let threads = candle_core::utils::get_num_threads();
    let cpu = DeviceInfo {
        id: "cpu".into(),
        name: processor_name(),
        available: true,
        why: format!(
            "{threads} {}, resumes bit for bit",
            if threads == 1 { "thread" } else { "threads" }
        ),
    };
    vec![
        cpu,
        probe("cuda:0", "NVIDIA GPU (CUDA)"),
        probe("metal", "Apple GPU (Metal)"),
    ]
}

fn probe(id: &str, name: &str) -> DeviceInfo {
    let (available, why) = match open(id) {
        Ok(_) => (true, "results match the CPU within rounding".to_owned()),
        Err(TrainError::Device { why, hint, .. }) => (false, format!("{why}; {hint}")),
        Err(error) => (false, error.to_string()),
    };
    DeviceInfo {
        id: id.into(),
        name: name.into(),
        available,
        why,
    }
}

/// Whether a text is the name of a device, here or elsewhere.
pub(crate) fn is_device_name(id: &str) -> bool {
    id == "cpu" || id == "metal" || cuda_number(id).is_some()
}

fn cuda_number(id: &str) -> Option<usize> {
    id.strip_prefix("cuda:")?.parse().ok()
}

/// Opens the device with this name.
pub(crate) fn open(id: &str) -> Result<Device> {
    let refuse = |why: String, hint: &str| {
        Err(TrainError::Device {
            id: id.to_owned(),
            why,
            hint: hint.to_owned(),
        })
    };
    if id == "cpu" {
        return Ok(Device::Cpu);
    }
    if id == "metal" {
        if !cfg!(target_os = "macos") {
            return refuse("this is not a Mac".into(), "Metal is there on macOS only");
        }
        if !candle_core::utils::metal_is_available() {
            return refuse("built without Metal".into(), "build with --features metal");
        }
        return Device::new_metal(0).or_else(|error| refuse(error.to_string(), "update macOS, or choose cpu"));
    }
    let Some(number) = cuda_number(id) else {
        return refuse("there is no such device".into(), "use cpu, cuda:0 or metal");
    };
    if !candle_core::utils::cuda_is_available() {
        return refuse("built without CUDA".into(), "build with --features cuda");
    }
    Device::new_cuda(number).or_else(|error| refuse(error.to_string(), "check the NVIDIA driver, or choose cpu"))
}

/// The processor's own name where the system tells it.
fn processor_name() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    told.unwrap_or_else(|| "CPU".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_first_and_what_is_missing_says_why() {
        let all = devices();
        assert_eq!((all[0].id.as_str(), all[0].available), ("cpu", true));
        for device in all.iter().filter(|device| !device.available) {
            assert!(device.why.contains(';'), "{device:?} gives a reason and a next step");
        }
        if !cfg!(feature = "cuda") {
            let cuda = all.iter().find(|device| device.id == "cuda:0").unwrap();
            assert_eq!(cuda.why, "built without CUDA; build with --features cuda");
        }
    }

    #[test]
    fn names_of_devices_are_told_from_other_words() {
        for good in ["cpu", "metal", "cuda:0", "cuda:12"] {
            assert!(is_device_name(good), "{good}");
        }
        for bad in ["", "gpu", "cuda", "cuda:", "cuda:x", "CPU"] {
            assert!(!is_device_name(bad), "{bad}");
        }
        let error = open("gpu").unwrap_err();
        assert!(error.to_string().contains("'gpu'"), "{error}");
    }
}
