//! PKCS#11 over KMIP (2.0 §6.1.35, 2.1 §6.1.37): a token with one slot, whose objects are the managed objects of the client.
//!
//! What each function takes and gives is in `functions`, how it is written in `codec`. Every use of a key is done by the KMIP
//! operation of that name, so states, usage masks, limits and permissions are the same on both ways.

mod attributes;
mod call;
mod codec;
mod functions;
mod mechanism;
mod state;

pub(crate) use functions::perform;
pub(crate) use state::Instances;

/// CK_RV: OK.
const OK: u32 = 0x00;
/// CKR_SLOT_ID_INVALID.
const SLOT_ID_INVALID: u32 = 0x03;
/// CKR_GENERAL_ERROR.
const GENERAL_ERROR: u32 = 0x05;
/// CKR_ARGUMENTS_BAD.
const ARGUMENTS_BAD: u32 = 0x07;
/// CKR_ATTRIBUTE_SENSITIVE.
const ATTRIBUTE_SENSITIVE: u32 = 0x11;
/// CKR_ATTRIBUTE_TYPE_INVALID.
const ATTRIBUTE_TYPE_INVALID: u32 = 0x12;
/// CKR_ATTRIBUTE_VALUE_INVALID.
const ATTRIBUTE_VALUE_INVALID: u32 = 0x13;
/// CKR_DATA_INVALID.
const DATA_INVALID: u32 = 0x20;
/// CKR_ENCRYPTED_DATA_INVALID.
const ENCRYPTED_DATA_INVALID: u32 = 0x40;
/// CKR_FUNCTION_NOT_SUPPORTED.
const FUNCTION_NOT_SUPPORTED: u32 = 0x54;
/// CKR_KEY_HANDLE_INVALID.
const KEY_HANDLE_INVALID: u32 = 0x60;
/// CKR_KEY_FUNCTION_NOT_PERMITTED.
const KEY_FUNCTION_NOT_PERMITTED: u32 = 0x68;
/// CKR_MECHANISM_INVALID.
const MECHANISM_INVALID: u32 = 0x70;
/// CKR_MECHANISM_PARAM_INVALID.
const MECHANISM_PARAM_INVALID: u32 = 0x71;
/// CKR_OBJECT_HANDLE_INVALID.
const OBJECT_HANDLE_INVALID: u32 = 0x82;
/// CKR_OPERATION_ACTIVE.
const OPERATION_ACTIVE: u32 = 0x90;
/// CKR_OPERATION_NOT_INITIALIZED.
const OPERATION_NOT_INITIALIZED: u32 = 0x91;
/// CKR_SESSION_COUNT.
const SESSION_COUNT: u32 = 0xB1;
/// CKR_SESSION_HANDLE_INVALID.
const SESSION_HANDLE_INVALID: u32 = 0xB3;
/// CKR_SIGNATURE_INVALID.
const SIGNATURE_INVALID: u32 = 0xC0;
/// CKR_TEMPLATE_INCOMPLETE.
const TEMPLATE_INCOMPLETE: u32 = 0xD0;
/// CKR_TEMPLATE_INCONSISTENT.
const TEMPLATE_INCONSISTENT: u32 = 0xD1;
/// CKR_CRYPTOKI_NOT_INITIALIZED.
const CRYPTOKI_NOT_INITIALIZED: u32 = 0x190;
