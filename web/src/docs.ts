/** The API's description, to read and to try; from here, so that it works without internet. */
import 'swagger-ui-dist/swagger-ui.css';
import { SwaggerUIBundle } from 'swagger-ui-dist';

SwaggerUIBundle({
	url: '../openapi.json',
	dom_id: '#docs',
	deepLinking: true,
	// An online service that would be shown the description.
	validatorUrl: null,
});
