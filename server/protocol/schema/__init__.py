"""What is generated from the words on the wire: TypeScript, OpenAPI, AsyncAPI and the tables in the documents.

``python -m server.protocol.schema`` writes the generated files; ``--check`` fails when one has drifted.
"""
