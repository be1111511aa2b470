DROP TABLE statuses;
DROP TABLE considered;
DROP TABLE deliveries;
DROP TABLE notifications;
DROP TABLE changes;
DROP TABLE watch;
