"""The least of an application of Laravel's that Debian's framework (8.83) runs migrations for.

Its `config/database.php` has the words that `laravel new` writes; the rest is what the framework insists on.
"""

CONFIG = """<?php

use Illuminate\\Support\\Str;

return [

    /*
    |--------------------------------------------------------------------------
    | Default Database Connection Name
    |--------------------------------------------------------------------------
    |
    | Here you may specify which of the database connections below you wish
    | to use as your default connection.
    |
    */

    'default' => env('DB_CONNECTION', 'mysql'),

    'connections' => [

        'sqlite' => [
            'driver' => 'sqlite',
            'url' => env('DATABASE_URL'),
            'database' => env('DB_DATABASE', database_path('database.sqlite')),
            'prefix' => '',
        ],

        'mysql' => [
            'driver' => 'mysql',
            'host' => env('DB_HOST', '127.0.0.1'),
            'options' => extension_loaded('pdo_mysql') ? array_filter([
                PDO::MYSQL_ATTR_SSL_CA => env('MYSQL_ATTR_SSL_CA'),
            ]) : [],
        ],

        'pgsql' => [
            'driver' => 'pgsql',
            'url' => env('DATABASE_URL'),
            'host' => env('DB_HOST', '127.0.0.1'),
            'port' => env('DB_PORT', '5432'),
            'database' => env('DB_DATABASE', 'forge'),
            'username' => env('DB_USERNAME', 'forge'),
            'password' => env('DB_PASSWORD', ''),
            'charset' => 'utf8',
            'prefix' => '',
            'prefix_indexes' => true,
            'schema' => 'public',
            'sslmode' => 'prefer',
        ],

        'second' => [
            'driver' => 'pgsql',
            'host' => env('SECOND_HOST', env('DB_HOST')),
            'port' => (int) env('SECOND_PORT', env('DB_PORT', 5432)),
            'database' => 'second',
            'username' => getenv('SECOND_USER') ?: 'second',
            'charset' => 'utf8',
        ],

    ],

    'migrations' => 'migrations',

    'redis' => [
        'options' => [
            'prefix' => env('REDIS_PREFIX', Str::slug(env('APP_NAME', 'laravel'), '_').'_database_'),
        ],
    ],

];
"""
APP = """['name' => 'Shop', 'env' => 'local', 'cipher' => 'AES-256-CBC', 'timezone' => 'UTC', 'locale' => 'en', 'aliases' => [],
    'key' => 'base64:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=', 'providers' => [
        'Illuminate\\\\Cache\\\\CacheServiceProvider', 'Illuminate\\\\Foundation\\\\Providers\\\\ConsoleSupportServiceProvider',
        'Illuminate\\\\Database\\\\DatabaseServiceProvider', 'Illuminate\\\\Filesystem\\\\FilesystemServiceProvider',
        'Illuminate\\\\Queue\\\\QueueServiceProvider', 'Illuminate\\\\View\\\\ViewServiceProvider', 'Illuminate\\\\Bus\\\\BusServiceProvider']]"""
CACHE = "['default' => 'array', 'stores' => ['array' => ['driver' => 'array']], 'prefix' => '']"
QUEUE = "['default' => 'sync', 'connections' => ['sync' => ['driver' => 'sync']], 'failed' => ['driver' => 'null']]"
LOGGING = "['default' => 'none', 'channels' => ['none' => ['driver' => 'monolog', 'handler' => 'Monolog\\\\Handler\\\\NullHandler']]]"
VIEW = "['paths' => [], 'compiled' => '/nowhere']"


def files(sql):
    return {
        "artisan": "#!/usr/bin/env php\n<?php\nrequire 'Illuminate/autoload.php';\n"
        "require __DIR__.'/app/Kernel.php';\n$app = require __DIR__.'/bootstrap/app.php';\n"
        "$kernel = $app->make(Illuminate\\Contracts\\Console\\Kernel::class);\n"
        "exit($kernel->handle(new Symfony\\Component\\Console\\Input\\ArgvInput, new Symfony\\Component\\Console\\Output\\ConsoleOutput));\n",
        "app/Kernel.php": "<?php\nclass Kernel extends Illuminate\\Foundation\\Console\\Kernel {}\n",
        "bootstrap/app.php": "<?php\n$app = new Illuminate\\Foundation\\Application(dirname(__DIR__));\n"
        "$app->singleton(Illuminate\\Contracts\\Console\\Kernel::class, Kernel::class);\n"
        "$app->singleton(Illuminate\\Contracts\\Debug\\ExceptionHandler::class, Illuminate\\Foundation\\Exceptions\\Handler::class);\n"
        "return $app;\n",
        "bootstrap/cache/.gitignore": "*\n",
        "config/app.php": f"<?php return {APP};\n",
        "config/cache.php": f"<?php return {CACHE};\n",
        "config/queue.php": f"<?php return {QUEUE};\n",
        "config/logging.php": f"<?php return {LOGGING};\n",
        "config/view.php": f"<?php return {VIEW};\n",
        "config/database.php": CONFIG,
        "database/migrations/2024_01_01_000000_made.php": "<?php\nreturn new class extends Illuminate\\Database\\Migrations\\Migration {\n"
        f"    public function up() {{ Illuminate\\Support\\Facades\\DB::unprepared('{sql}'); }}\n"
        "    public function down() { Illuminate\\Support\\Facades\\DB::unprepared('DROP TABLE made'); }\n};\n",
    }


def cached(connection):
    """What `config:cache` leaves, with this connection of PostgreSQL's."""
    said = "".join(f"        '{key}' => {value},\n" for key, value in connection.items())
    return (
        f"<?php return array (\n  'app' => {APP},\n  'cache' => {CACHE},\n  'queue' => {QUEUE},\n  'logging' => {LOGGING},\n"
        f"  'view' => {VIEW},\n  'database' => \n  array (\n    'default' => 'pgsql',\n    'connections' => \n    array (\n"
        f"      'pgsql' => \n      array (\n        'driver' => 'pgsql',\n        'charset' => 'utf8',\n{said}      ),\n    ),\n"
        "    'migrations' => 'migrations',\n  ),\n);\n"
    )
