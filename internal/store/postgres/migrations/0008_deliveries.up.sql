-- Deliveries are picked by the way they go, so that those of a way that is down are
-- not in the way of the others.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (via, due) WHERE state = 'waiting';

-- Notifications may be set aside, which is a state like dropped: these are counted.
CREATE INDEX notifications_aside ON notifications (number) WHERE state = 'aside';
