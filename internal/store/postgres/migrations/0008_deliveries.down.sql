DROP INDEX notifications_aside;
UPDATE notifications SET state = 'dropped' WHERE state = 'aside';
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (due) WHERE state = 'waiting';
