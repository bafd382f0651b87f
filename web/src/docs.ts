/** Interactive API documentation, bundled so that it works without internet access. */
import 'swagger-ui-dist/swagger-ui.css';
import './docs.css';
import { SwaggerUIBundle } from 'swagger-ui-dist';

SwaggerUIBundle({
	url: '../openapi.json',
	dom_id: '#docs',
	deepLinking: true,
	// The default validator is an online service that would receive the schema.
	validatorUrl: null,
});
