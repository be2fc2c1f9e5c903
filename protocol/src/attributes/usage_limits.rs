//! Usage Limits (1.4 §3.21, 2.1 §7.40): how much a key may protect.

use crate::message::structure;
use crate::registry::UsageLimitsUnit;

structure! {
    /// A limit, and what is left of it.
    pub struct UsageLimits {
        /// How much it was to begin with.
        usage_limits_total: i64 = USAGE_LIMITS_TOTAL,
        /// How much is left; the server counts, so a client leaves it out.
        usage_limits_count: Option<i64> = USAGE_LIMITS_COUNT,
        /// Of what: bytes, or calls.
        usage_limits_unit: UsageLimitsUnit = USAGE_LIMITS_UNIT,
    }
}
