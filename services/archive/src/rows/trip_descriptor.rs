//! Which trip a vehicle or an update is of.

/// The columns of a field `trip`.
macro_rules! trip_descriptor {
    ($name:ident, $get:path, $make:path) => {
        static $name: &[$crate::column::Column<events::wire::LogRecord>] = {
            use $crate::column::{optional, word};

            fn trip(
                record: &mut events::wire::LogRecord,
            ) -> Option<&mut events::wire::TripDescriptor> {
                $get(record)?.trip.as_mut()
            }

            fn trip_new(record: &mut events::wire::LogRecord) -> &mut events::wire::TripDescriptor {
                $make(record).trip.get_or_insert_default()
            }

            &[
                optional!("trip_id", Text, Dictionary, trip, trip_new, trip_id),
                optional!("route_id", Text, Dictionary, trip, trip_new, route_id),
                optional!("direction_id", UInt32, Dictionary, trip, trip_new, direction_id),
                optional!("start_date", Text, Dictionary, trip, trip_new, start_date),
                optional!("start_time_s", UInt32, Dictionary, trip, trip_new, start_time_s),
                word!(
                    "trip_relationship",
                    trip,
                    trip_new,
                    relationship,
                    TripRelationship,
                    "TRIP_RELATIONSHIP_"
                ),
            ]
        };
    };
}
pub(super) use trip_descriptor;
