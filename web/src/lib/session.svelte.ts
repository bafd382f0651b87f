/** Whether the service asks this browser for a key. */
class Session {
	needed = $state(false);
}

export const session = new Session();
