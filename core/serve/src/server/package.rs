//! Stands in for what the registry's package will check. To be deleted.

use std::path::Path;

use aloft_train::{Predictor, TrainError};

#[derive(Debug)]
pub(super) struct Example;

pub(super) fn verify(_folder: &Path) -> Result<(), TrainError> {
    Ok(())
}

pub(super) fn example(_folder: &Path) -> Result<Example, TrainError> {
    Ok(Example)
}

pub(super) fn check_example(_predictor: &Predictor, _example: &Example) -> Result<(), String> {
    Ok(())
}
