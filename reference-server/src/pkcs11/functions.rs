//! The functions served, each with what it takes and gives (PKCS#11 3.0 §5): general purpose, slot and session, objects, ciphers, digests, MACs, keys, random.

use super::attributes::{self, AES, CLASS, GENERIC_SECRET, KEY_TYPE, SECRET_KEY, VALUE, VALUE_LEN};
use super::call::{bytes, operation};
use super::codec::{CodecError, Input, Output};
use super::mechanism::{AES_KEY_GEN, ALL, GENERIC_SECRET_KEY_GEN, Mechanism};
use super::state::{Instance, Kind, MOST_INSTANCES, MOST_SESSIONS, Prepared, Session};
use super::{
    ATTRIBUTE_SENSITIVE, ATTRIBUTE_TYPE_INVALID, CRYPTOKI_NOT_INITIALIZED, DATA_INVALID, ENCRYPTED_DATA_INVALID,
    FUNCTION_NOT_SUPPORTED, GENERAL_ERROR, KEY_HANDLE_INVALID, MECHANISM_INVALID, OBJECT_HANDLE_INVALID, OK,
    OPERATION_ACTIVE, OPERATION_NOT_INITIALIZED, SESSION_COUNT, SESSION_HANDLE_INVALID, SIGNATURE_INVALID,
    SLOT_ID_INVALID, TEMPLATE_INCOMPLETE, TEMPLATE_INCONSISTENT,
};
use crate::access;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::registry::{
    CryptographicAlgorithm, KeyFormatType, ObjectType, Operation, Pkcs11Function as Function, ResultReason,
    RevocationReasonCode, State, ValidityIndicator, tag,
};
use kmipspec_protocol::ttlv::{Item, Tag, Value};
use std::ops::ControlFlow;

/// The one slot.
const SLOT: u64 = 1;
/// CK_UNAVAILABLE_INFORMATION, as the length of a value that is not to be had.
const UNAVAILABLE: u64 = u64::MAX;
/// CKF_SERIAL_SESSION, which every session must have.
const SERIAL_SESSION: u64 = 4;
/// CKR_SESSION_PARALLEL_NOT_SUPPORTED.
const PARALLEL: u32 = 0xB4;
/// CKR_CRYPTOKI_ALREADY_INITIALIZED.
const ALREADY_INITIALIZED: u32 = 0x191;
/// CKR_USER_ALREADY_LOGGED_IN: the connection says who the user is.
const ALREADY_LOGGED_IN: u32 = 0x100;
/// Most bytes of one C_GenerateRandom.
const MOST_RANDOM: u64 = 1 << 16;

/// What a function came to.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The Correlation Value of a new instance.
    pub(crate) correlation: Option<Vec<u8>>,
    /// What comes out.
    pub(crate) output: Option<Vec<u8>>,
    /// CK_RV.
    pub(crate) code: u32,
}

/// Why a function gives something else than OK.
enum Stop {
    /// Its parameters cannot be read.
    Codec,
    /// A CK_RV, with what comes out all the same.
    Code(u32, Option<Output>),
}

impl From<CodecError> for Stop {
    fn from(_: CodecError) -> Self {
        Self::Codec
    }
}

impl From<u32> for Stop {
    fn from(code: u32) -> Self {
        Self::Code(code, None)
    }
}

/// What comes out of a function.
type Done = Result<Output, Stop>;

/// Does a function. What PKCS#11 has a CK_RV for is a success of KMIP with that return code.
pub(crate) fn perform(
    context: &mut Context<'_>,
    function: Function,
    correlation: Option<&[u8]>,
    input: &[u8],
) -> Outcome<Answer> {
    if function.name().is_none() {
        return Err(Failure::new(ResultReason::PKCS_11_INVALID_FUNCTION, "the interface has no such function"));
    }
    let answer = |code| Answer { correlation: None, output: None, code };
    let Some(correlation) = correlation else {
        return match function {
            Function::C_INITIALIZE => initialize(context),
            _ => Ok(answer(CRYPTOKI_NOT_INITIALIZED)),
        };
    };
    let found = context.services.pkcs11.lock().get(correlation).filter(|i| i.client == context.client).cloned();
    let Some(mut instance) = found else {
        return Err(Failure::new(
            ResultReason::INVALID_ASYNCHRONOUS_CORRELATION_VALUE,
            "no C_Initialize gave this Correlation Value, or C_Finalize ended it",
        ));
    };
    if function == Function::C_INITIALIZE {
        return Ok(answer(ALREADY_INITIALIZED));
    }
    if function == Function::C_FINALIZE {
        context.services.pkcs11.lock().remove(correlation);
        return Ok(answer(OK));
    }
    let done = dispatch(context, &mut instance, function, Input::new(input));
    context.services.pkcs11.lock().insert(correlation.to_vec(), instance);
    match done {
        Ok(output) => {
            let output = Some(output.0).filter(|bytes| !bytes.is_empty());
            Ok(Answer { output, ..answer(OK) })
        }
        Err(Stop::Code(code, output)) => Ok(Answer { output: output.map(|output| output.0), ..answer(code) }),
        Err(Stop::Codec) => {
            Err(Failure::new(ResultReason::PKCS_11_CODEC_ERROR, "the PKCS#11 Input Parameters cannot be read"))
        }
    }
}

/// C_Initialize: a new instance. Its arguments are function pointers, which nobody can send; what stands for them is not read.
fn initialize(context: &mut Context<'_>) -> Outcome<Answer> {
    let mut correlation = vec![0; 16];
    if !context.config.random.fill(&mut correlation) {
        return Err(Failure::internal(context.version, "no Correlation Value could be made"));
    }
    let mut instances = context.services.pkcs11.lock();
    if instances.len() >= MOST_INSTANCES {
        return Ok(Answer { correlation: None, output: None, code: GENERAL_ERROR });
    }
    instances.insert(correlation.clone(), Instance::new(context.client));
    Ok(Answer { correlation: Some(correlation), output: None, code: OK })
}

/// One function of an instance.
fn dispatch(context: &mut Context<'_>, instance: &mut Instance, function: Function, input: Input<'_>) -> Done {
    match function {
        Function::C_GET_INFO => info(input),
        Function::C_GET_SLOT_LIST => slot_list(input),
        Function::C_GET_SLOT_INFO => slot_info(input),
        Function::C_GET_TOKEN_INFO => token_info(input, instance),
        Function::C_GET_MECHANISM_LIST => mechanism_list(input),
        Function::C_GET_MECHANISM_INFO => mechanism_info(input),
        Function::C_OPEN_SESSION => open_session(input, instance),
        Function::C_CLOSE_SESSION => close_session(input, instance),
        Function::C_CLOSE_ALL_SESSIONS => {
            slot(input)?;
            instance.sessions.clear();
            Ok(Output::default())
        }
        Function::C_GET_SESSION_INFO => session_info(input, instance),
        Function::C_LOGIN => Err(ALREADY_LOGGED_IN.into()),
        Function::C_CREATE_OBJECT => create_object(context, input, instance),
        Function::C_DESTROY_OBJECT => destroy_object(context, input, instance),
        Function::C_GET_ATTRIBUTE_VALUE => attribute_value(context, input, instance),
        Function::C_FIND_OBJECTS_INIT => find_init(context, input, instance),
        Function::C_FIND_OBJECTS => find(input, instance),
        Function::C_FIND_OBJECTS_FINAL => {
            let (session, input) = session(input, instance)?;
            input.finish()?;
            session.found.take().ok_or(OPERATION_NOT_INITIALIZED)?;
            Ok(Output::default())
        }
        Function::C_ENCRYPT_INIT => prepare(input, instance, Kind::Encrypt, Mechanism::is_cipher),
        Function::C_DECRYPT_INIT => prepare(input, instance, Kind::Decrypt, Mechanism::is_cipher),
        Function::C_DIGEST_INIT => prepare(input, instance, Kind::Digest, Mechanism::is_digest),
        Function::C_SIGN_INIT => prepare(input, instance, Kind::Sign, Mechanism::is_mac),
        Function::C_VERIFY_INIT => prepare(input, instance, Kind::Verify, Mechanism::is_mac),
        Function::C_ENCRYPT => encrypt(context, input, instance),
        Function::C_DECRYPT => decrypt(context, input, instance),
        Function::C_DIGEST => of_data(context, input, instance, (Kind::Digest, Operation::HASH, tag::DATA)),
        Function::C_SIGN => of_data(context, input, instance, (Kind::Sign, Operation::MAC, tag::MAC_DATA)),
        Function::C_VERIFY => verify(context, input, instance),
        Function::C_GENERATE_KEY => generate_key(context, input, instance),
        Function::C_SEED_RANDOM => {
            let (_, mut input) = session(input, instance)?;
            let seed = Item::bytes(tag::DATA, input.bytes()?);
            input.finish()?;
            operation(context, Operation::RNG_SEED, vec![seed])?;
            Ok(Output::default())
        }
        Function::C_GENERATE_RANDOM => generate_random(context, input, instance),
        _ => Err(FUNCTION_NOT_SUPPORTED.into()),
    }
}

/// C_GetInfo: a CK_INFO. Who made it is said as in the published PKCS11-M-1, whose bytes clients compare.
fn info(input: Input<'_>) -> Done {
    input.finish()?;
    let mut output = Output::default();
    output.version(2, 40).padded("TEST      Pty Ltd", 32).long(0).padded("TEST", 32).version(1, 0);
    Ok(output)
}

/// Reads the slot, which must be ours, and nothing after it.
fn slot(mut input: Input<'_>) -> Result<(), Stop> {
    let given = input.long()?;
    input.finish()?;
    if given == SLOT { Ok(()) } else { Err(SLOT_ID_INVALID.into()) }
}

/// C_GetSlotList: tokenPresent; the slots, counted.
fn slot_list(mut input: Input<'_>) -> Done {
    input.boolean()?;
    input.finish()?;
    let mut output = Output::default();
    output.long(1).long(SLOT);
    Ok(output)
}

/// C_GetSlotInfo: a CK_SLOT_INFO; the token is present.
fn slot_info(input: Input<'_>) -> Done {
    slot(input)?;
    let mut output = Output::default();
    output.padded("kmipspec store", 64).padded("kmipspec", 32).long(1).version(0, 1).version(0, 1);
    Ok(output)
}

/// C_GetTokenInfo: a CK_TOKEN_INFO; it has a random number generator and is initialised.
fn token_info(input: Input<'_>, instance: &Instance) -> Done {
    slot(input)?;
    let open = u64::try_from(instance.sessions.len()).unwrap_or(UNAVAILABLE);
    let most = u64::try_from(MOST_SESSIONS).unwrap_or(UNAVAILABLE);
    let mut output = Output::default();
    output.padded("kmipspec", 32).padded("kmipspec", 32).padded("reference server", 16).padded("1", 16).long(0x401);
    output.long(most).long(open).long(most).long(open).long(0).long(0);
    output.long(UNAVAILABLE).long(UNAVAILABLE).long(UNAVAILABLE).long(UNAVAILABLE);
    output.version(0, 1).version(0, 1).padded("", 16);
    Ok(output)
}

/// C_GetMechanismList: slot; the mechanisms, counted.
fn mechanism_list(input: Input<'_>) -> Done {
    slot(input)?;
    let mut output = Output::default();
    output.long(u64::try_from(ALL.len()).unwrap_or(0));
    for (number, ..) in ALL {
        output.long(*number);
    }
    Ok(output)
}

/// C_GetMechanismInfo: slot, mechanism; a CK_MECHANISM_INFO.
fn mechanism_info(mut input: Input<'_>) -> Done {
    let (given, wanted) = (input.long()?, input.long()?);
    input.finish()?;
    if given != SLOT {
        return Err(SLOT_ID_INVALID.into());
    }
    let (_, least, most, flags) = ALL.iter().find(|(number, ..)| *number == wanted).ok_or(MECHANISM_INVALID)?;
    let mut output = Output::default();
    output.long(*least).long(*most).long(*flags);
    Ok(output)
}

/// C_OpenSession: slot, flags; the session's handle.
fn open_session(mut input: Input<'_>, instance: &mut Instance) -> Done {
    let (given, flags) = (input.long()?, input.long()?);
    input.finish()?;
    if given != SLOT {
        return Err(SLOT_ID_INVALID.into());
    }
    if flags & SERIAL_SESSION == 0 {
        return Err(PARALLEL.into());
    }
    if instance.sessions.len() >= MOST_SESSIONS {
        return Err(SESSION_COUNT.into());
    }
    let handle = instance.next;
    instance.next = handle.saturating_add(1);
    instance.sessions.insert(handle, Session { flags, ..Session::default() });
    let mut output = Output::default();
    output.long(handle);
    Ok(output)
}

/// C_CloseSession: session.
fn close_session(mut input: Input<'_>, instance: &mut Instance) -> Done {
    let handle = input.long()?;
    input.finish()?;
    instance.sessions.remove(&handle).ok_or(SESSION_HANDLE_INVALID)?;
    Ok(Output::default())
}

/// Reads the session; gives it with the rest of the input.
fn session<'s, 'd>(mut input: Input<'d>, instance: &'s mut Instance) -> Result<(&'s mut Session, Input<'d>), Stop> {
    let handle = input.long()?;
    let session = instance.sessions.get_mut(&handle).ok_or(SESSION_HANDLE_INVALID)?;
    Ok((session, input))
}

/// C_GetSessionInfo: session; a CK_SESSION_INFO, always one of a user for reading and writing.
fn session_info(input: Input<'_>, instance: &mut Instance) -> Done {
    let (session, input) = session(input, instance)?;
    input.finish()?;
    let mut output = Output::default();
    output.long(SLOT).long(3).long(session.flags).long(0);
    Ok(output)
}

/// C_CreateObject: session, template of a secret key; its handle.
fn create_object(context: &mut Context<'_>, input: Input<'_>, instance: &mut Instance) -> Done {
    let (_, mut input) = session(input, instance)?;
    let template = input.template()?;
    input.finish()?;
    let Some((_, value)) = template.iter().find(|(number, _)| *number == VALUE) else {
        return Err(TEMPLATE_INCOMPLETE.into());
    };
    let algorithm = match (attributes::number(&template, CLASS)?, attributes::number(&template, KEY_TYPE)?) {
        (Some(SECRET_KEY), Some(AES)) => CryptographicAlgorithm::AES,
        (Some(SECRET_KEY), Some(GENERIC_SECRET)) => CryptographicAlgorithm::HMAC_SHA256,
        (None, _) | (_, None) => return Err(TEMPLATE_INCOMPLETE.into()),
        _ => return Err(TEMPLATE_INCONSISTENT.into()),
    };
    let bits = i32::try_from(value.len().saturating_mul(8)).map_err(|_| Stop::from(TEMPLATE_INCONSISTENT))?;
    let key = vec![
        Item::enumeration(tag::KEY_FORMAT_TYPE, KeyFormatType::RAW.0),
        Item::structure(tag::KEY_VALUE, vec![Item::bytes(tag::KEY_MATERIAL, *value)]),
        Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, algorithm.0),
        Item::integer(tag::CRYPTOGRAPHIC_LENGTH, bits),
    ];
    let fields = vec![
        Item::enumeration(tag::OBJECT_TYPE, ObjectType::SYMMETRIC_KEY.0),
        Item::structure(tag::ATTRIBUTES, attributes::requested(&template, context.now)?),
        Item::structure(tag::SYMMETRIC_KEY, vec![Item::structure(tag::KEY_BLOCK, key)]),
    ];
    made(&operation(context, Operation::REGISTER, fields)?, instance)
}

/// C_GenerateKey: session, mechanism, template; the new key's handle.
fn generate_key(context: &mut Context<'_>, input: Input<'_>, instance: &mut Instance) -> Done {
    let (_, mut input) = session(input, instance)?;
    let mechanism = Mechanism::read(&mut input)??;
    let template = input.template()?;
    input.finish()?;
    let algorithm = match mechanism.number {
        AES_KEY_GEN => CryptographicAlgorithm::AES,
        GENERIC_SECRET_KEY_GEN => CryptographicAlgorithm::HMAC_SHA256,
        _ => return Err(MECHANISM_INVALID.into()),
    };
    let length = attributes::number(&template, VALUE_LEN)?.ok_or(TEMPLATE_INCOMPLETE)?;
    let bits = i32::try_from(length.saturating_mul(8)).map_err(|_| Stop::from(TEMPLATE_INCONSISTENT))?;
    if template.iter().any(|(number, _)| *number == VALUE) {
        return Err(TEMPLATE_INCONSISTENT.into());
    }
    let mut wanted = attributes::requested(&template, context.now)?;
    wanted.push(Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, algorithm.0));
    wanted.push(Item::integer(tag::CRYPTOGRAPHIC_LENGTH, bits));
    let fields = vec![
        Item::enumeration(tag::OBJECT_TYPE, ObjectType::SYMMETRIC_KEY.0),
        Item::structure(tag::ATTRIBUTES, wanted),
    ];
    made(&operation(context, Operation::CREATE, fields)?, instance)
}

/// The handle of an object that was made.
fn made(payload: &Item, instance: &mut Instance) -> Done {
    let Some(Value::TextString(id)) = payload.child(tag::UNIQUE_IDENTIFIER).and_then(Item::value) else {
        return Err(GENERAL_ERROR.into());
    };
    let mut output = Output::default();
    output.long(instance.handle(id));
    Ok(output)
}

/// Reads a session and an object.
fn object<'d>(input: Input<'d>, instance: &mut Instance, invalid: u32) -> Result<(String, Input<'d>), Stop> {
    let (_, mut input) = session(input, instance)?;
    let handle = input.long()?;
    let id = instance.object(handle).ok_or(invalid)?;
    Ok((id, input))
}

/// C_DestroyObject: session, object. PKCS#11 knows no states: an active key is deactivated first.
fn destroy_object(context: &mut Context<'_>, input: Input<'_>, instance: &mut Instance) -> Done {
    let (id, input) = object(input, instance, OBJECT_HANDLE_INVALID)?;
    input.finish()?;
    let identifier = || Item::text(tag::UNIQUE_IDENTIFIER, id.as_str());
    let state = context.object(&id).map_err(|_| Stop::from(OBJECT_HANDLE_INVALID))?.state();
    if state == Some(State::ACTIVE) {
        let code = Item::enumeration(tag::REVOCATION_REASON_CODE, RevocationReasonCode::CESSATION_OF_OPERATION.0);
        let reason = Item::structure(tag::REVOCATION_REASON, vec![code]);
        operation(context, Operation::REVOKE, vec![identifier(), reason])?;
    }
    operation(context, Operation::DESTROY, vec![identifier()])?;
    Ok(Output::default())
}

/// C_GetAttributeValue: session, object, the types wanted, counted; a template with the values. What is not to be had has the
/// length CK_UNAVAILABLE_INFORMATION, and the return code says why.
fn attribute_value(context: &mut Context<'_>, input: Input<'_>, instance: &mut Instance) -> Done {
    let (id, mut input) = object(input, instance, OBJECT_HANDLE_INVALID)?;
    let count = input.long()?;
    let mut wanted = Vec::new();
    for _ in 0..count {
        wanted.push(input.long()?);
    }
    input.finish()?;
    let held = context.object(&id).map_err(|_| Stop::from(OBJECT_HANDLE_INVALID))?;
    let mut output = Output::default();
    let mut code = OK;
    output.long(count);
    for number in wanted {
        let value = if number == VALUE {
            let identifier = Item::text(tag::UNIQUE_IDENTIFIER, id.as_str());
            operation(context, Operation::GET, vec![identifier]).map(|got| material(&got))
        } else {
            attributes::of(&held, number).ok_or(ATTRIBUTE_TYPE_INVALID)
        };
        output.long(number);
        match value {
            Ok(value) => {
                output.bytes(&value);
            }
            Err(why) => {
                output.long(UNAVAILABLE);
                code = if why == ATTRIBUTE_SENSITIVE { why } else { code.max(ATTRIBUTE_TYPE_INVALID) };
            }
        }
    }
    if code == OK { Ok(output) } else { Err(Stop::Code(code, Some(output))) }
}

/// The bytes that Get gave: Key Material or Certificate Value.
fn material(payload: &Item) -> Vec<u8> {
    let object = payload.items().last();
    let Some(object) = object else { return Vec::new() };
    let value = object.child(tag::KEY_BLOCK).and_then(|block| block.child(tag::KEY_VALUE));
    match value {
        Some(value) => bytes(value, tag::KEY_MATERIAL),
        None => bytes(object, tag::CERTIFICATE_VALUE),
    }
}

/// C_FindObjectsInit: session, template. All of it must match; destroyed and archived objects are not there.
fn find_init(context: &mut Context<'_>, input: Input<'_>, instance: &mut Instance) -> Done {
    let mut input = input;
    let handle = input.long()?;
    let active = instance.sessions.get(&handle).ok_or(SESSION_HANDLE_INVALID)?.found.is_some();
    let template = input.template()?;
    input.finish()?;
    if active {
        return Err(OPERATION_ACTIVE.into());
    }
    let mut ids = Vec::new();
    context.transaction.each(&mut |object| {
        let there = !object.is_destroyed() && !object.archived && object.object_type != ObjectType::TEMPLATE;
        let fits = |(number, value): &(u64, &[u8])| attributes::of(object, *number).as_deref() == Some(*value);
        if there
            && access::allowed(context.config, object, context.identity, Operation::LOCATE)
            && template.iter().all(fits)
        {
            ids.push(object.id.clone());
        }
        ControlFlow::Continue(())
    });
    let found = ids.iter().map(|id| instance.handle(id)).collect();
    instance.sessions.get_mut(&handle).ok_or(SESSION_HANDLE_INVALID)?.found = Some(found);
    Ok(Output::default())
}

/// C_FindObjects: session, how many at most; handles, counted. None when all were given.
fn find(input: Input<'_>, instance: &mut Instance) -> Done {
    let (session, mut input) = session(input, instance)?;
    let most = usize::try_from(input.long()?).unwrap_or(usize::MAX);
    input.finish()?;
    let found = session.found.as_mut().ok_or(OPERATION_NOT_INITIALIZED)?;
    let given: Vec<u64> = found.drain(..most.min(found.len())).collect();
    let mut output = Output::default();
    output.long(u64::try_from(given.len()).unwrap_or(0));
    for handle in given {
        output.long(handle);
    }
    Ok(output)
}

/// C_EncryptInit and its kind: session, mechanism, key; a digest has no key.
fn prepare(input: Input<'_>, instance: &mut Instance, kind: Kind, fits: fn(&Mechanism) -> bool) -> Done {
    let mut input = input;
    let handle = input.long()?;
    let mechanism = Mechanism::read(&mut input)?;
    let key = if kind == Kind::Digest { None } else { Some(input.long()?) };
    input.finish()?;
    let mechanism = mechanism?;
    let key = match key {
        Some(key) => Some(instance.object(key).ok_or(KEY_HANDLE_INVALID)?),
        None => None,
    };
    let session = instance.sessions.get_mut(&handle).ok_or(SESSION_HANDLE_INVALID)?;
    if !fits(&mechanism) {
        return Err(MECHANISM_INVALID.into());
    }
    if session.active.contains_key(&kind) {
        return Err(OPERATION_ACTIVE.into());
    }
    session.active.insert(kind, Prepared { mechanism, key });
    Ok(Output::default())
}

/// Takes what C_...Init prepared: the operation is over, however it ends.
fn prepared<'d>(input: Input<'d>, instance: &mut Instance, kind: Kind) -> Result<(Prepared, Input<'d>), Stop> {
    let (session, input) = session(input, instance)?;
    let prepared = session.active.remove(&kind).ok_or(OPERATION_NOT_INITIALIZED)?;
    Ok((prepared, input))
}

impl Prepared {
    /// Key and parameters as the first fields of a payload.
    fn fields(&self) -> Vec<Item> {
        let key = self.key.iter().map(|id| Item::text(tag::UNIQUE_IDENTIFIER, id.as_str()));
        key.chain([self.mechanism.parameters()]).collect()
    }
}

/// C_Encrypt: session, data; ciphertext, of GCM with the tag behind it.
fn encrypt(context: &mut Context<'_>, input: Input<'_>, instance: &mut Instance) -> Done {
    let (prepared, mut input) = prepared(input, instance, Kind::Encrypt)?;
    let data = input.bytes()?;
    input.finish()?;
    let mut fields = prepared.fields();
    fields.push(Item::bytes(tag::DATA, data));
    fields.extend(prepared.mechanism.iv.as_ref().map(|iv| Item::bytes(tag::IV_COUNTER_NONCE, iv.as_slice())));
    let additional = prepared.mechanism.additional.as_ref().filter(|bytes| !bytes.is_empty());
    fields.extend(additional.map(|d| Item::bytes(tag::AUTHENTICATED_ENCRYPTION_ADDITIONAL_DATA, d.as_slice())));
    let payload = operation(context, Operation::ENCRYPT, fields)?;
    let mut ciphertext = bytes(&payload, tag::DATA);
    ciphertext.extend(bytes(&payload, tag::AUTHENTICATED_ENCRYPTION_TAG));
    let mut output = Output::default();
    output.bytes(&ciphertext);
    Ok(output)
}

/// C_Decrypt: session, ciphertext; data.
fn decrypt(context: &mut Context<'_>, input: Input<'_>, instance: &mut Instance) -> Done {
    let (prepared, mut input) = prepared(input, instance, Kind::Decrypt)?;
    let all = input.bytes()?;
    input.finish()?;
    let mechanism = &prepared.mechanism;
    let place = all.len().checked_sub(mechanism.tag).ok_or(ENCRYPTED_DATA_INVALID)?;
    let (ciphertext, authentication) = all.split_at(place);
    let mut fields = prepared.fields();
    fields.push(Item::bytes(tag::DATA, ciphertext));
    fields.extend(mechanism.iv.as_ref().map(|iv| Item::bytes(tag::IV_COUNTER_NONCE, iv.as_slice())));
    let additional = mechanism.additional.as_ref().filter(|bytes| !bytes.is_empty());
    fields.extend(additional.map(|d| Item::bytes(tag::AUTHENTICATED_ENCRYPTION_ADDITIONAL_DATA, d.as_slice())));
    if mechanism.tag != 0 {
        fields.push(Item::bytes(tag::AUTHENTICATED_ENCRYPTION_TAG, authentication));
    }
    let payload = operation(context, Operation::DECRYPT, fields).map_err(|code| match code {
        GENERAL_ERROR => ENCRYPTED_DATA_INVALID,
        code => code,
    })?;
    let mut output = Output::default();
    output.bytes(&bytes(&payload, tag::DATA));
    Ok(output)
}

/// C_Digest and C_Sign: session, data; its hash, or a MAC.
fn of_data(
    context: &mut Context<'_>,
    input: Input<'_>,
    instance: &mut Instance,
    (kind, by, gives): (Kind, Operation, Tag),
) -> Done {
    let (prepared, mut input) = prepared(input, instance, kind)?;
    let data = input.bytes()?;
    input.finish()?;
    let mut fields = prepared.fields();
    fields.push(Item::bytes(tag::DATA, data));
    let payload = operation(context, by, fields)?;
    let mut output = Output::default();
    output.bytes(&bytes(&payload, gives));
    Ok(output)
}

/// C_Verify: session, data, MAC. What is wrong is a return code.
fn verify(context: &mut Context<'_>, input: Input<'_>, instance: &mut Instance) -> Done {
    let (prepared, mut input) = prepared(input, instance, Kind::Verify)?;
    let (data, mac) = (input.bytes()?, input.bytes()?);
    input.finish()?;
    let mut fields = prepared.fields();
    fields.push(Item::bytes(tag::DATA, data));
    fields.push(Item::bytes(tag::MAC_DATA, mac));
    let payload = operation(context, Operation::MAC_VERIFY, fields)?;
    let valid = Item::enumeration(tag::VALIDITY_INDICATOR, ValidityIndicator::VALID.0);
    if payload.child(tag::VALIDITY_INDICATOR) == Some(&valid) {
        return Ok(Output::default());
    }
    Err(SIGNATURE_INVALID.into())
}

/// C_GenerateRandom: session, how many; the bytes.
fn generate_random(context: &mut Context<'_>, input: Input<'_>, instance: &mut Instance) -> Done {
    let (_, mut input) = session(input, instance)?;
    let count = input.long()?;
    input.finish()?;
    let count = i32::try_from(count.min(MOST_RANDOM.saturating_add(1))).ok().filter(|_| count <= MOST_RANDOM);
    let count = count.ok_or(DATA_INVALID)?;
    let payload = operation(context, Operation::RNG_RETRIEVE, vec![Item::integer(tag::DATA_LENGTH, count)])?;
    let mut output = Output::default();
    output.bytes(&bytes(&payload, tag::DATA));
    Ok(output)
}
