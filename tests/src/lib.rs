//! Harness of the journeys and checks that cross the parts of Teranga.
