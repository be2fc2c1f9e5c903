//! What Sign, Signature Verify, MAC and MAC Verify share: a key that may be used for it, and data at once or in parts.

use crate::context::Context;
use crate::cryptography::Parameters;
use crate::cryptography::signature::Message;
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use crate::streams::{self, Part, Step};
use crate::usage::{self, Purpose};
use kmipspec_protocol::attributes::CryptographicParameters;
use kmipspec_protocol::message::{Data, UniqueIdentifier};
use kmipspec_protocol::registry::CryptographicUsageMask;
use std::sync::Arc;

/// What such a request asks.
pub(crate) struct Asked<'a> {
    /// The key.
    pub(crate) unique_identifier: Option<&'a UniqueIdentifier<'a>>,
    /// How.
    pub(crate) parameters: Option<&'a CryptographicParameters>,
    /// The data, or a part of it.
    pub(crate) data: Option<&'a Data<'a>>,
    /// Its digest in place of it.
    pub(crate) digested: Option<&'a [u8]>,
    /// The signature or MAC to verify.
    pub(crate) code: Option<&'a [u8]>,
    /// Correlation Value.
    pub(crate) correlation: Option<&'a [u8]>,
    /// Init Indicator.
    pub(crate) first: Option<bool>,
    /// Final Indicator.
    pub(crate) last: Option<bool>,
    /// What the key must allow.
    pub(crate) bit: CryptographicUsageMask,
}

/// What such a request leads to.
pub(crate) struct Ready<'a> {
    /// The key.
    pub(crate) object: Arc<StoredObject>,
    /// All data, or the Correlation Value to go on with.
    pub(crate) work: Work<'a>,
}

/// All data, or not yet.
pub(crate) enum Work<'a> {
    /// All of it.
    Whole(Whole<'a>),
    /// More has to come, with this Correlation Value.
    More(Vec<u8>),
}

/// All that is needed.
pub(crate) struct Whole<'a> {
    /// The data of all parts.
    data: Vec<u8>,
    /// Its digest in place of it.
    digested: Option<&'a [u8]>,
    /// The parameters to use.
    pub(crate) parameters: Parameters,
    /// The signature or MAC to verify.
    code: Option<Vec<u8>>,
}

impl Whole<'_> {
    /// The data.
    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }

    /// The data, or its digest.
    pub(crate) fn message(&self) -> Message<'_> {
        self.digested.map_or(Message::Data(&self.data), Message::Digested)
    }

    /// The signature or MAC to verify, which must have come.
    pub(crate) fn code(&self, missing: &'static str) -> Outcome<&[u8]> {
        self.code.as_deref().ok_or_else(|| Failure::invalid_message(missing))
    }
}

/// Finds the key, checks that it may be used, and adds the data to what came before.
pub(crate) fn ready<'a>(context: &mut Context<'_>, asked: &Asked<'a>) -> Outcome<Ready<'a>> {
    let data = context.data(asked.data)?.into_owned();
    let part =
        Part { data: &data, code: asked.code, correlation: asked.correlation, first: asked.first, last: asked.last };
    let begun = streams::find(context, &part)?;
    let held = begun.as_ref().and_then(|stream| stream.object.clone()).map(UniqueIdentifier::from);
    let protects = matches!(asked.bit, CryptographicUsageMask::SIGN | CryptographicUsageMask::MAC_GENERATE);
    let purpose = if protects { Purpose::Protect } else { Purpose::Process };
    let object = usage::usable(context, held.as_ref().or(asked.unique_identifier), asked.bit, purpose)?;
    let begin = || streams::begin(context, Some(&object.id), Parameters::of(&object, asked.parameters));
    let stream = begun.unwrap_or_else(begin);
    let work = match streams::step(context, stream, &part)? {
        Step::More(correlation) => Work::More(correlation),
        Step::Whole { data, parameters, code } => {
            if protects {
                usage::spend(context, &object, data.len())?;
            }
            Work::Whole(Whole { data, digested: asked.digested, parameters, code })
        }
    };
    Ok(Ready { object, work })
}
