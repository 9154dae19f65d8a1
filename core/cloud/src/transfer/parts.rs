//! How large the parts of a file are.

use crate::error::{CloudError, Result};
use crate::store::Limits;

const MIB: u64 = 1 << 20;

/// The size that is aimed at: large enough for few requests, small enough that little is sent again.
pub(super) const AIM: u64 = 8 * MIB;

/// Files up to this size go in one request, where the provider allows.
pub(super) const ONE_REQUEST: u64 = 16 * MIB;

/// The size of the parts of a file: 8 MiB, more where the provider would have too many, and
/// within what it takes. The last part is what remains.
pub(super) fn part_size(on: &str, bytes: u64, limits: &Limits) -> Result<u64> {
    let step = limits.part_step.max(1);
    let up = |size: u64| size.div_ceil(step).saturating_mul(step);
    let fewest = bytes.div_ceil(u64::from(limits.parts_max.max(1)));
    // Rounded up, so that a size that is remembered is one that people recognise.
    let size = if fewest > AIM { fewest.div_ceil(MIB) * MIB } else { AIM };
    let size = up(size.max(limits.part_min));
    let largest = limits.part_max / step * step;
    let size = size.min(largest);
    if size == 0 || bytes.div_ceil(size) > u64::from(limits.parts_max) {
        return Err(CloudError::Settings {
            message: format!("{on} is too large: the provider takes no object of {bytes} bytes"),
            hint: "Split the file.".to_owned(),
        });
    }
    Ok(size)
}

/// The size of the ranges that a file is fetched in: a range that breaks off goes on where it
/// was, so those of large files may be larger, of which each costs the server less.
pub(super) fn range_size(bytes: u64) -> u64 {
    if bytes < 256 * MIB { AIM } else { 4 * AIM }
}

/// How many parts there are.
pub(super) fn count(bytes: u64, part_bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(part_bytes.max(1))).unwrap_or(u32::MAX)
}

/// Where a part begins and how long it is.
pub(super) fn extent(number: u32, bytes: u64, part_bytes: u64) -> (u64, u64) {
    let offset = u64::from(number.saturating_sub(1)) * part_bytes;
    (offset, part_bytes.min(bytes.saturating_sub(offset)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const S3: Limits = Limits {
        part_min: 5 * MIB,
        part_max: 5 << 30,
        parts_max: 10_000,
        part_step: 1,
        ordered: false,
        put_max: 5 << 30,
        copy_max: 5 << 30,
    };

    #[test]
    fn parts_are_small_until_there_would_be_too_many() {
        assert_eq!(part_size("f", 20 * MIB, &S3).unwrap(), AIM);
        let five_tib = part_size("f", 5 << 40, &S3).unwrap();
        assert_eq!(five_tib % MIB, 0);
        assert!(count(5 << 40, five_tib) <= 10_000);
    }

    #[test]
    fn the_limits_of_the_provider_hold() {
        let google = Limits {
            part_step: 256 << 10,
            part_min: 256 << 10,
            ..S3
        };
        assert_eq!(part_size("f", 100 * MIB, &google).unwrap() % (256 << 10), 0);
        let coarse = Limits {
            part_min: 32 * MIB,
            ..S3
        };
        assert_eq!(part_size("f", 100 * MIB, &coarse).unwrap(), 32 * MIB);
        let tight = Limits {
            part_max: 8 * MIB,
            parts_max: 2,
            ..S3
        };
        assert!(part_size("f", 17 * MIB, &tight).is_err());
    }

    #[test]
    fn extents_cover_the_file() {
        let (bytes, size) = (20 * MIB + 3, AIM);
        let extents: Vec<_> = (1..=count(bytes, size))
            .map(|number| extent(number, bytes, size))
            .collect();
        assert_eq!(extents.iter().map(|(_, length)| length).sum::<u64>(), bytes);
        assert_eq!(extents.last(), Some(&(16 * MIB, 4 * MIB + 3)));
    }
}
