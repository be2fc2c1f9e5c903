//! Where a new object may be kept: Protection Storage Masks of a request (2.1 §6.1, §11.42). This server has software only.

use crate::failure::{Failure, Outcome};
use kmipspec_protocol::operations::create::ProtectionStorageMasks;
use kmipspec_protocol::registry::{ProtectionStorageMask, ResultReason};

/// One of the selections must be one that this server can meet; none at all leaves it the choice.
pub(crate) fn check(masks: Option<&ProtectionStorageMasks>) -> Outcome<()> {
    met(masks, ResultReason::PROTECTION_STORAGE_UNAVAILABLE)
}

/// The same for a key pair, of which each half has its own reason; what is asked of both is asked of the private key first.
pub(crate) fn check_pair(
    common: Option<&ProtectionStorageMasks>,
    private: Option<&ProtectionStorageMasks>,
    public: Option<&ProtectionStorageMasks>,
) -> Outcome<()> {
    met(private.or(common), ResultReason::PRIVATE_PROTECTION_STORAGE_UNAVAILABLE)?;
    met(public.or(common), ResultReason::PUBLIC_PROTECTION_STORAGE_UNAVAILABLE)
}

/// Whether software is among the selections.
fn met(masks: Option<&ProtectionStorageMasks>, reason: ResultReason) -> Outcome<()> {
    let Some(masks) = masks else { return Ok(()) };
    if masks.masks.is_empty() || masks.masks.iter().any(|mask| mask.0 & ProtectionStorageMask::SOFTWARE.0 != 0) {
        return Ok(());
    }
    Err(Failure::new(reason, "this server keeps objects in software only"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_half_of_a_pair_has_its_own_reason() {
        let masks = |mask| Some(ProtectionStorageMasks { masks: vec![mask] });
        let (software, hardware) = (masks(ProtectionStorageMask::SOFTWARE), masks(ProtectionStorageMask::HARDWARE));
        let reason = |common, private, public| check_pair(common, private, public).err().map(|failure| failure.reason);
        let (private, public) =
            (ResultReason::PRIVATE_PROTECTION_STORAGE_UNAVAILABLE, ResultReason::PUBLIC_PROTECTION_STORAGE_UNAVAILABLE);
        assert_eq!(reason(hardware.as_ref(), None, None), Some(private));
        assert_eq!(reason(hardware.as_ref(), software.as_ref(), None), Some(public));
        assert_eq!(reason(software.as_ref(), hardware.as_ref(), None), Some(private));
        assert_eq!(reason(hardware.as_ref(), software.as_ref(), software.as_ref()), None);
        assert!(check(None).is_ok() && check(software.as_ref()).is_ok() && check(hardware.as_ref()).is_err());
    }
}
