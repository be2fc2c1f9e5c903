//! What a Ticket is good for: Usage Limits of Login, and the Rights of Delegated Login (2.1 §6.1.12, §7.34, §7.35).

use crate::attributes::in_group;
use crate::failure::{Failure, Outcome};
use crate::object::StoredObject;
use kmipspec_protocol::registry::{Operation, ResultReason, UsageLimitsUnit, tag};
use kmipspec_protocol::ttlv::ItemRef;
use std::sync::atomic::{AtomicI64, Ordering};

/// What a Ticket is good for; shared by all requests that bring it, and by tickets got with it.
#[derive(Debug, Default)]
pub(crate) struct Grant {
    /// How much use in all.
    pub(crate) limit: Option<Limit>,
    /// Any one of them allows; none at all: everything.
    pub(crate) rights: Option<Vec<Right>>,
}

/// One right: what is left out limits nothing.
#[derive(Debug, Default)]
pub(crate) struct Right {
    /// How much use.
    pub(crate) limit: Option<Limit>,
    /// Of these operations.
    pub(crate) operations: Option<Vec<Operation>>,
    /// With these objects.
    pub(crate) objects: Option<Vec<String>>,
    /// With the objects of these groups.
    pub(crate) object_groups: Option<Vec<String>>,
}

/// How much use is left.
#[derive(Debug)]
pub(crate) struct Limit {
    /// Bytes of data, or operations.
    unit: UsageLimitsUnit,
    /// What is left.
    left: AtomicI64,
}

impl Limit {
    /// A limit of so much.
    pub(crate) fn new(unit: UsageLimitsUnit, total: i64) -> Self {
        Self { unit, left: AtomicI64::new(total) }
    }

    /// What an operation takes of it: its Data where bytes are counted, one otherwise.
    fn cost(&self, bytes: i64) -> i64 {
        if self.unit == UsageLimitsUnit::BYTE { bytes } else { 1 }
    }

    /// Takes what an operation costs, unless there is not so much left.
    fn take(&self, bytes: i64) -> bool {
        let cost = self.cost(bytes);
        let taken =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| (left >= cost).then(|| left - cost));
        taken.is_ok()
    }

    /// Gives back what was taken.
    fn give_back(&self, bytes: i64) {
        self.left.fetch_add(self.cost(bytes), Ordering::SeqCst);
    }
}

impl Right {
    /// Whether it is for some objects only.
    fn names_objects(&self) -> bool {
        self.objects.is_some() || self.object_groups.is_some()
    }

    /// Whether it is good for this object.
    fn covers(&self, object: &StoredObject) -> bool {
        let by_id = self.objects.as_ref().is_none_or(|ids| ids.contains(&object.id));
        let in_one = |names: &Vec<String>| names.iter().any(|name| in_group(&object.attributes, name));
        by_id && self.object_groups.as_ref().is_none_or(in_one)
    }

    /// Whether everything the other right allows is allowed by this one.
    pub(crate) fn includes(&self, other: &Self) -> bool {
        fn within<T: PartialEq>(mine: Option<&Vec<T>>, theirs: Option<&Vec<T>>) -> bool {
            match (mine, theirs) {
                (None, _) => true,
                (Some(mine), Some(theirs)) => theirs.iter().all(|one| mine.contains(one)),
                (Some(_), None) => false,
            }
        }
        self.limit.is_none()
            && within(self.operations.as_ref(), other.operations.as_ref())
            && within(self.objects.as_ref(), other.objects.as_ref())
            && within(self.object_groups.as_ref(), other.object_groups.as_ref())
    }
}

/// One operation under a grant: which rights still allow it, now that these objects were used.
#[derive(Debug, Default)]
pub(crate) struct Permit<'a> {
    /// The grant; none: nothing is limited.
    grant: Option<&'a Grant>,
    /// Places of the rights that allow the operation, if there are rights.
    rights: Option<Vec<&'a Right>>,
    /// Whether an object was used.
    used: bool,
}

impl<'a> Permit<'a> {
    /// A right for the operation is needed.
    pub(crate) fn new(grant: Option<&'a Grant>, operation: Operation) -> Outcome<Self> {
        let rights = grant.and_then(|grant| grant.rights.as_ref()).map(|rights| {
            let about = |right: &&Right| right.operations.as_ref().is_none_or(|all| all.contains(&operation));
            rights.iter().filter(about).collect::<Vec<_>>()
        });
        if rights.as_ref().is_some_and(Vec::is_empty) {
            return Err(not_authorized());
        }
        Ok(Self { grant, rights, used: false })
    }

    /// Uses an object: rights that are not for it fall away.
    pub(crate) fn object(&mut self, object: &StoredObject) -> Outcome<()> {
        self.used = true;
        if let Some(rights) = &mut self.rights {
            rights.retain(|right| right.covers(object));
            if rights.is_empty() {
                return Err(not_authorized());
            }
        }
        Ok(())
    }

    /// Whether the object can be found with it.
    pub(crate) fn finds(&self, object: &StoredObject) -> bool {
        self.rights.as_ref().is_none_or(|rights| rights.iter().any(|right| right.covers(object)))
    }

    /// Looked through the objects that can be found.
    pub(crate) fn searched(&mut self) {
        self.used = true;
    }

    /// The operation was done: a right for some objects allows nothing that uses none, and what was used is counted.
    pub(crate) fn finish(self, payload: ItemRef<'_>) -> Outcome<()> {
        let Some(grant) = self.grant else { return Ok(()) };
        let bytes = payload.child(tag::DATA).map_or(0, |data| i64::from(data.declared_len()));
        let exceeded =
            || Failure::new(ResultReason::USAGE_LIMIT_EXCEEDED, "the usage limits of the ticket are reached");
        if grant.limit.as_ref().is_some_and(|limit| !limit.take(bytes)) {
            return Err(exceeded());
        }
        let Some(mut rights) = self.rights else { return Ok(()) };
        rights.retain(|right| self.used || !right.names_objects());
        if rights.iter().any(|right| right.limit.as_ref().is_none_or(|limit| limit.take(bytes))) {
            return Ok(());
        }
        if let Some(limit) = &grant.limit {
            limit.give_back(bytes);
        }
        Err(if rights.is_empty() { not_authorized() } else { exceeded() })
    }
}

/// The ticket is not good for that (published TC-DLOGIN-2).
fn not_authorized() -> Failure {
    Failure::new(ResultReason::NOT_AUTHORISED, "the ticket gives no right to do this")
}
