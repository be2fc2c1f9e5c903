//! Device Credential (3.0, second-hand): what tells a device apart.

use crate::message::structure;
use std::borrow::Cow;

structure! {
    /// What tells a device apart.
    pub struct DeviceCredential<'d> {
        /// Device Serial Number.
        device_serial_number: Option<Cow<'d, str>> = DEVICE_SERIAL_NUMBER,
        /// Device Identifier.
        device_identifier: Option<Cow<'d, str>> = DEVICE_IDENTIFIER,
        /// Network Identifier.
        network_identifier: Option<Cow<'d, str>> = NETWORK_IDENTIFIER,
        /// Machine Identifier.
        machine_identifier: Option<Cow<'d, str>> = MACHINE_IDENTIFIER,
        /// Media Identifier.
        media_identifier: Option<Cow<'d, str>> = MEDIA_IDENTIFIER,
    }
}
