/** Every function of the app. One line a file; a test holds this list to the folder. */
import './activity-log.ts';
import './alert.ts';
import './audit-log.ts';
import './dead-lettered.ts';
import './heartbeat.ts';
import './inspect.ts';
import './key-vault-event.ts';
import './people.ts';
import './sentry.ts';
import './survey.ts';
import './sweep.ts';
